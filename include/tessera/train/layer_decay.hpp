#pragma once
// Layer-wise learning-rate decay: the rate of a parameter is multiplied by decay^(L + 1 - i).
//     i = 0        what stands before the first block (tokens, positions, patch embedding)
//     i = 1 .. L   the blocks, in the order in which they run, with what stands between two of them
//                  (patch merging) counted to the block before it
//     i = L + 1    what stands after the last block (norm, heads, exits)
// Source: Bao et al. 2022 (BEiT); for a plain ViT the numbers of timm's param_groups_layer_decay.

#include <cctype>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/error.hpp"
#include "tessera/model/slice.hpp"
#include "tessera/model/weights.hpp"
#include "tessera/train/trainer.hpp"

namespace tessera::inline v0 {

// i of each slice of a table, in its order.
inline std::vector<int> layers_of(const std::vector<slice>& table) {
  // "blocks.3" of "teacher.blocks.3.attn.qkv.weight", with what is before it; empty: in no block.
  const auto block_of = [](std::string_view name) -> std::string_view {
    const std::string_view word = "blocks.";
    std::size_t at = name.find(word);
    while (at != std::string_view::npos && at > 0 && name[at - 1] != '.')
      at = name.find(word, at + 1);
    if (at == std::string_view::npos) return {};
    std::size_t end = at + word.size();
    const std::size_t digits = end;
    while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end]))) ++end;
    return end == digits ? std::string_view() : name.substr(0, end);
  };
  std::vector<int> layers;
  std::vector<std::string_view> blocks;
  std::size_t last = 0;  // index of the last slice in a block
  for (const slice& s : table) {
    const std::string_view block = block_of(s.name);
    if (!block.empty() && (blocks.empty() || blocks.back() != block)) blocks.push_back(block);
    if (!block.empty()) last = layers.size();
    layers.push_back(static_cast<int>(blocks.size()));
  }
  if (blocks.empty()) return layers;
  for (std::size_t i = last + 1; i < layers.size(); ++i) ++layers[i];
  return layers;
}

// Error unless 0 < decay <= 1 and there are blocks.
template <class T>
void set_layer_decay(step_runner<T>& run, double decay) {
  if (!(decay > 0 && decay <= 1))
    throw error("set_layer_decay", "a decay above 0, at most 1", std::to_string(decay));
  const std::vector<slice>& table = run.parameters().table;
  const std::vector<int> layers = layers_of(table);
  int last = 0;
  for (const int i : layers) last = i > last ? i : last;
  if (last == 0) throw error("set_layer_decay", "parameters of blocks", "none");
  for (std::size_t i = 0; i < table.size(); ++i)
    run.set_lr_scale(table[i].name, std::pow(decay, last - layers[i]));
}

}  // namespace tessera::inline v0
