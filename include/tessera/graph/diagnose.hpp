#pragma once
// The sentences of the first issue. Included first by tessera.hpp, so that compilers print no chain
// of includes before them; A and B stand in the line beside the sentence.

#include "tessera/graph/issue.hpp"

namespace tessera::inline v0 {

template <issue Code, int A, int B>
struct diagnose {
  static_assert(Code != issue::word_twice,
                "tessera: a word is given twice (each word at most once; A = its place)");
  static_assert(Code != issue::word_missing,
                "tessera: a word is missing (ts::vit needs image, patch, width, heads, classes and "
                "depth or stages; A = how many are there, B = how many are needed)");
  static_assert(Code != issue::heads_divide_width,
                "tessera::heads: must divide width (each head takes width / heads channels; "
                "A = width, B = heads)");
  static_assert(Code != issue::patch_divides_image,
                "tessera::patch: must tile the image (image + 2 * padding - patch must be a "
                "non-negative multiple of the stride; A = image side, B = patch)");
  static_assert(Code != issue::pool_divides_grid,
                "tessera::pool: must divide the token grid (A = grid side, B = pool)");
  static_assert(Code != issue::stages_and_depth,
                "tessera::depth: must equal the sum over the stages, or be left out (A = depth, "
                "B = blocks in stages)");
  static_assert(Code != issue::exit_below_depth,
                "tessera::exit_at: must lie between blocks (1 <= exit < depth, counted from 1; "
                "A = exit, B = depth)");
  static_assert(Code != issue::exits_increase,
                "tessera::exit_at: exits must be given in increasing order (A = exit, B = the one "
                "before)");
  static_assert(Code != issue::exits_of_stages,
                "tessera::early_exit: a vit with stages has no exits (use depth<N>)");
  static_assert(Code != issue::mask_keeps_none,
                "tessera::mask::random: must keep at least one token (A = tokens, B = kept)");
  static_assert(Code != issue::mask_removes_none,
                "tessera::mask::random: must remove at least one token (A = tokens, B = kept)");
  static_assert(Code != issue::mae_takes_plain_vit,
                "tessera::mae: the encoder must be a plain ts::vit with a class token (no stages)");
  static_assert(Code != issue::decoder_word_missing,
                "tessera::decoder: takes width, depth and heads (all needed) and mlp_ratio");
  static_assert(Code != issue::positions_need_four,
                "tessera::mae: fixed sin-cos positions need widths that are multiples of 4 (A = "
                "encoder, B = decoder)");
  static_assert(Code != issue::name_twice,
                "tessera: two parameters have one name (build the second inside a share scope of "
                "equal shapes, or rename it; A, B = numbers of the two parameters)");
  static_assert(Code != issue::unknown_tap,
                "tessera::tap: names no module of the towers (paths look like \"blocks.3\" or "
                "\"student.blocks.3\"; A = taps there are)");
  static_assert(Code != issue::shapes_differ,
                "tessera: an op was given shapes that do not fit (A, B = the first extents that "
                "differ)");
  static_assert(Code != issue::no_gradient,
                "tessera: a gradient is asked through an op that has none (A = node; use "
                "stop_gradient before it)");
  static_assert(Code != issue::terms_of_a_step,
                "tessera::train: a step has 1 to 8 terms (A = terms, B = the most)");
  static_assert(Code != issue::scopes_of_a_step,
                "tessera::trainable: at most A scopes in a step");
  static_assert(Code != issue::too_many_signatures,
                "tessera: one graph needs more than A distinct kernels; split it into programs");
  static_assert(Code != issue::nothing_to_train,
                "tessera::train: the loss depends on no trainable parameter");
};

}  // namespace tessera::inline v0
