#pragma once
// Wrong configurations. A rule on one word is a static_assert in the word; a rule across words is
// the *first issue*, recorded while the graph is built (never thrown: that prints eighty lines) and
// said once by diagnose<code, a, b, name> (graph/diagnose.hpp), where a, b and the name are the user's
// own.

#include "tessera/meta/name.hpp"

namespace tessera::inline v0 {

enum class issue {
  none,
  word_invalid,  // said by the word itself
  word_twice,
  word_missing,
  word_contradicts,
  heads_divide_width,
  patch_divides_image,
  stem_divides_image,
  too_many_tokens,
  width_out_of_range,
  matrix_too_large,
  too_many_macs,
  too_many_blocks,
  too_many_nodes,
  pool_divides_grid,
  window_divides_grid,
  reduction_exceeds_grid,
  grid_is_empty,
  stages_and_depth,
  stages_are_empty,
  word_of_plain_vit,
  word_of_another_part,
  pool_needs_class_token,
  head_needs_two_tokens,
  head_needs_features,
  exit_below_depth,
  exits_increase,
  exit_needs_grid,
  mask_keeps_none,
  mask_removes_none,
  mae_takes_plain_vit,
  decoder_word_missing,
  positions_need_four,
  positions_of_prefix,
  cascade_of_unequal,
  attention_of_grid,
  name_twice,
  one_name_two_shapes,
  unknown_tap,
  unknown_scope,
  shapes_differ,
  no_gradient,
  nothing_to_train,
  no_kernel,
  too_many_signatures,
  terms_of_a_step,
  towers_of_unequal_images,
  loss_needs_mae,
  labels_need_rows,
};

struct first_issue {
  issue code = issue::none;
  int a = 0, b = 0;
  name what{""};
};

}  // namespace tessera::inline v0
