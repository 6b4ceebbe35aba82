// Fuzz target for the safetensors reader (libFuzzer):
//     clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -I include
//         test/fuzz/safetensors.cpp -o fuzz-safetensors
//     ./fuzz-safetensors -max_total_time=60 -malloc_limit_mb=16
// The mutator works on the header and the data apart and then repairs the length field in most
// cases: otherwise nearly every input ends at that field. Whatever is read must write and read
// again as the same, and any failure but a safetensors_error is a finding.

#include "tessera/io/safetensors.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

void need(bool holds) {
  if (!holds) std::abort();
}

void same(const tessera::safetensors_file& a, const tessera::safetensors_file& b) {
  need(a.metadata() == b.metadata() && a.tensors().size() == b.tensors().size());
  for (const auto& t : a.tensors()) {
    const auto* u = b.find(t.name);
    need(u != nullptr && u->type == t.type && u->shape == t.shape);
    need(std::ranges::equal(u->bytes, t.bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const auto file = tessera::safetensors_file::from_memory(bytes);
    for (const auto& t : file.tensors()) {
      need(t.bytes.data() >= bytes.data() &&
           t.bytes.data() + t.bytes.size() <= bytes.data() + bytes.size());
      std::vector<float> values(t.bytes.size() / tessera::dtype_width(t.type));
      try {
        tessera::read_floats(t, values);
      } catch (const tessera::safetensors_error& e) {
        need(e.fault() == tessera::safetensors_fault::conversion);
      }
    }
    const auto again = tessera::to_safetensors(file.tensors(), file.metadata());
    same(file, tessera::safetensors_file::from_memory(again));
  } catch (const tessera::safetensors_error&) {
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  static const std::string words[] = {R"("__metadata__":{"a":"b"},)",
                                      R"("w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})",
                                      R"("dtype":"BF16")",
                                      R"("shape":[2,2])",
                                      R"("data_offsets":[4,8])",
                                      "18446744073709551615",
                                      "4294967296",
                                      "F16",
                                      "BOOL",
                                      ",",
                                      "[",
                                      "{",
                                      "0",
                                      "\\u0061"};
  static const std::string valid = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  std::minstd_rand random(seed);
  if (max_size < 128) return LLVMFuzzerMutate(data, size, max_size);

  std::uint64_t length = 0;
  if (size >= 8) std::memcpy(&length, data, 8);
  std::string head = valid, body(4, 'x');
  if (size >= 8 && length <= size - 8) {
    head.assign(reinterpret_cast<const char*>(data) + 8, length);
    body.assign(reinterpret_cast<const char*>(data) + 8 + length, size - 8 - length);
  }

  const auto mutate = [&](std::string& part, std::size_t room) {
    const std::size_t used = std::min(part.size(), room);
    part.resize(room);
    part.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(part.data()), used, room));
  };
  const std::size_t room = (max_size - 8) / 2;
  head.resize(std::min(head.size(), room));
  body.resize(std::min(body.size(), room));
  switch (random() % 8) {
    case 0:
      mutate(body, room);
      break;
    case 1:
      body.resize(random() % 17);
      break;
    case 2:
    case 3: {
      const std::string& word = words[random() % std::size(words)];
      const std::size_t at = random() % (head.size() + 1);
      if (head.size() + word.size() <= room) head.insert(at, word);
      break;
    }
    default:
      mutate(head, room);
  }
  length = random() % 16 == 0 ? random() : head.size();
  std::memcpy(data, &length, 8);
  std::memcpy(data + 8, head.data(), head.size());
  std::memcpy(data + 8 + head.size(), body.data(), body.size());
  return 8 + head.size() + body.size();
}
