#pragma once
// Wrong configurations. A rule on one word is a static_assert in the word; a rule across words is
// the *first issue*, recorded while the graph is built (never thrown: that prints eighty lines) and
// said once by diagnose<code, a, b> (graph/diagnose.hpp), where a and b are the user's own numbers.

namespace tessera::inline v0 {

enum class issue {
  none,
  word_invalid,  // said by the word itself
  word_twice,
  word_missing,
  heads_divide_width,
  patch_divides_image,
  pool_divides_grid,
  stages_and_depth,
  exit_below_depth,
  exits_increase,
  exits_of_stages,
  mask_keeps_none,
  mask_removes_none,
  mae_takes_plain_vit,
  decoder_word_missing,
  positions_need_four,
  name_twice,
  unknown_tap,
  shapes_differ,
  no_gradient,
  nothing_to_train,
  too_many_signatures,
  terms_of_a_step,
  scopes_of_a_step,
};

struct first_issue {
  issue code = issue::none;
  int a = 0, b = 0;
};

}  // namespace tessera::inline v0
