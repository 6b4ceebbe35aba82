#pragma once
// The sentences of the first issue. Included first by tessera.hpp, so that compilers print no chain
// of includes before them; A, B and the name, letter by letter, stand in the line beside the sentence.

#include <utility>

#include "tessera/graph/issue.hpp"

namespace tessera::inline v0 {

template <char... Letters>  // an array would print as a list of numbers
struct spelled {};

template <issue Code, int A, int B, class Name = spelled<>>
struct diagnose {
  static_assert(Code != issue::word_twice,
                "tessera: a word is given twice (each word, and each choice of one namespace, at "
                "most once; its name stands beside)");
  static_assert(Code != issue::word_missing,
                "tessera: a word is missing (ts::vit needs image, patch, width, heads, classes and "
                "depth or stages; the name of the first missing one stands beside)");
  static_assert(Code != issue::word_contradicts,
                "tessera: two words contradict each other (the name of the second stands beside)");
  static_assert(Code != issue::heads_divide_width,
                "tessera::heads: must divide width (each head takes width / heads channels; or say "
                "head_dim<N>; A = width, B = heads)");
  static_assert(Code != issue::patch_divides_image,
                "tessera::patch: must tile the image (image + 2 * padding - patch must be a "
                "non-negative multiple of the stride; A = image side, B = patch)");
  static_assert(Code != issue::stem_divides_image,
                "tessera::conv_stem: each convolution halves the image, whose sides must stay whole "
                "(A = image side, B = convolutions)");
  static_assert(Code != issue::too_many_tokens,
                "tessera: too many tokens (A x B cells, at most 1048576)");
  static_assert(Code != issue::width_out_of_range,
                "tessera::width: must be 1 to 65536 after every merging too (A = width)");
  static_assert(Code != issue::matrix_too_large,
                "tessera: too large a matrix (A x B weights, at most 2^40, B at most 2^30)");
  static_assert(Code != issue::too_many_macs,
                "tessera: too large (more than 2^62 multiply-accumulates)");
  static_assert(Code != issue::too_many_blocks,
                "tessera::depth: must be at most B blocks in all (A = blocks of all parts)");
  static_assert(Code != issue::too_many_nodes,
                "tessera: too deep for a compiler (A ops so far; at most B)");
  static_assert(Code != issue::pool_divides_grid,
                "tessera::pool: must divide the token grid (A = grid side, B = pool)");
  static_assert(Code != issue::window_divides_grid,
                "tessera::window: must divide the token grid (or be padded: window<W, ts::padded>; "
                "A = grid side, B = window)");
  static_assert(Code != issue::reduction_exceeds_grid,
                "tessera::reduction: must not exceed the token grid, or no key is left (A = grid "
                "side, B = reduction)");
  static_assert(Code != issue::grid_is_empty,
                "tessera::stages: no cell of the token grid is left (A = grid side, B = kernel or "
                "pool)");
  static_assert(Code != issue::stages_and_depth,
                "tessera::depth: must equal the sum over the stages, or be left out (A = depth, "
                "B = blocks in stages)");
  static_assert(Code != issue::stages_are_empty,
                "tessera::stages: must hold at least one part (stage<N>, layer<N>, mix_stage<N>, "
                "pool::average<N>, ...)");
  static_assert(Code != issue::word_of_plain_vit,
                "tessera::stages: has no prefix tokens (pooling has no place for them; the name of "
                "the word stands beside)");
  static_assert(Code != issue::word_of_another_part,
                "tessera::stages: a part does not take this word (patch and width go into mix_stage, "
                "merge and split into layer; the name of the word stands beside)");
  static_assert(Code != issue::pool_needs_class_token,
                "tessera::global_pool::token: needs a class token (use global_pool::average)");
  static_assert(Code != issue::head_needs_two_tokens,
                "tessera::head::distilled: needs a class token and distillation_token");
  static_assert(Code != issue::head_needs_features,
                "tessera::head::all_mlp: needs stages with feature maps (mix_stage or feature_map)");
  static_assert(Code != issue::exit_below_depth,
                "tessera::exit_at: must lie between blocks (1 <= exit < depth, counted from 1; "
                "A = exit, B = depth)");
  static_assert(Code != issue::exits_increase,
                "tessera::exit_at: exits must be given in increasing order (A = exit, B = the one "
                "before)");
  static_assert(Code != issue::exit_needs_grid,
                "tessera::exit_head::global_aggregation: its step must not exceed the token grid (A = "
                "grid side, B = step)");
  static_assert(Code != issue::mask_keeps_none,
                "tessera::mask::random: must keep at least one token (A = tokens, B = kept)");
  static_assert(Code != issue::mask_removes_none,
                "tessera::mask::random: must remove at least one token (A = tokens, B = kept)");
  static_assert(Code != issue::mae_takes_plain_vit,
                "tessera::mae: the encoder must be a plain ts::vit with a class token (no stages, "
                "stem, windows or other tokens; the name of the word stands beside)");
  static_assert(Code != issue::decoder_word_missing,
                "tessera::decoder: takes width, depth and heads (all needed) and words of blocks "
                "(the name of the word stands beside)");
  static_assert(Code != issue::positions_need_four,
                "tessera: fixed sin-cos positions need widths that are multiples of 4 (A = width, "
                "B = the decoder's)");
  static_assert(Code != issue::positions_of_prefix,
                "tessera::positions::sin_cos: takes fewer prefix tokens than the grid is wide (A = "
                "prefix tokens, B = grid width)");
  static_assert(Code != issue::cascade_of_unequal,
                "tessera::cascaded: its models must have equal words but depth (A, B = the first "
                "numbers that differ, of the word beside)");
  static_assert(Code != issue::attention_of_grid,
                "tessera: windows, reduction, relative positions and mlp::mix need a token grid "
                "without prefix tokens (use no_class_token or stages; the word stands beside)");
  static_assert(Code != issue::name_twice,
                "tessera: two parameters have one name (build the second inside a share scope, or "
                "rename it; the name stands beside)");
  static_assert(Code != issue::one_name_two_shapes,
                "tessera: one name has two shapes (what is shared must have equal shapes; the name "
                "stands beside)");
  static_assert(Code != issue::unknown_tap,
                "tessera::tap: names no module of the towers (paths look like \"blocks.3\" or "
                "\"student.blocks.3\"; the nearest that there is stands beside)");
  static_assert(Code != issue::unknown_scope,
                "tessera::train: a scope names no module of the towers (paths look like "
                "\"blocks.3\", \"blocks.*\" or \"student.blocks.3\"; the scope stands beside)");
  static_assert(Code != issue::shapes_differ,
                "tessera: an op was given shapes that do not fit (A, B = the first extents that "
                "differ; the op stands beside)");
  static_assert(Code != issue::no_gradient,
                "tessera: a gradient is asked through an op that has none (A = node, the op stands "
                "beside; use stop_gradient before it)");
  static_assert(Code != issue::terms_of_a_step,
                "tessera::train: a step has 1 to 8 terms (A = terms, B = the most)");
  static_assert(Code != issue::towers_of_unequal_images,
                "tessera::train: all towers read the same images (A, B = the first numbers of "
                "ts::image that differ)");
  static_assert(Code != issue::loss_needs_mae,
                "tessera::loss::masked_reconstruction: the first tower must be a ts::mae");
  static_assert(Code != issue::labels_need_rows,
                "tessera::loss: losses that read labels need logits of a batch, all with as many "
                "rows (one label each; A = rows of the first, B = rows of this one, 0 where it has "
                "no batch)");
  static_assert(Code != issue::too_many_signatures,
                "tessera: one graph needs more than A distinct kernels; split it into programs");
  static_assert(Code != issue::no_kernel,
                "tessera: this backend has no kernel for an op of the model (the op stands beside); "
                "the architecture counts, prints and draws, but does not run");
  static_assert(Code != issue::nothing_to_train,
                "tessera::train: the loss depends on no trainable parameter");
};

namespace detail {

template <name Name, class Places>
struct spell;
template <name Name, int... I>
struct spell<Name, std::integer_sequence<int, I...>> {
  static constexpr name value = Name;
  using type = spelled<value.at(I)...>;
};

}  // namespace detail

// What diagnose has to say of a first issue: sizeof(typename said_of<found>::type) says it.
template <first_issue Found>
struct said_of {
  static constexpr name what = Found.what;
  static constexpr int letters = what.length();
  using type = diagnose<Found.code, Found.a, Found.b,
                        typename detail::spell<what, std::make_integer_sequence<int, letters>>::type>;
};

}  // namespace tessera::inline v0
