#pragma once
// The nouns of safetensors files: a tensor by name, the metadata, the reasons for refusing a file.
// Light, for code that hands tensors on without reading or writing files itself.

#include "tessera/config.hpp"
#include "tessera/error.hpp"
#include "tessera/io/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::inline v0 {

enum class safetensors_fault : std::uint8_t {
  io,               // the system refused to open, map, write or rename
  truncated,        // fewer than 8 bytes, or a header length beyond the end
  header_too_long,  // over 100 MB
  json,             // not JSON, not UTF-8, a zero byte, or something after the object
  structure,        // JSON of another form: too deep, a field missing or unknown, a wrong type
  number,           // a dimension or offset that is negative, fractional or over 64 bits
  duplicate,        // a key twice: tensor, field or metadata
  dtype,            // unknown, or below one byte
  shape,            // a dimension of zero, a product over 63 bits, or a rank over 64
  backwards,        // an end before its begin
  out_of_range,     // an end beyond the file
  size,             // data_offsets against shape and dtype
  overlap,
  hole,
  trailing,    // bytes after the last tensor
  conversion,  // read_floats: not a float type, or an output of another size
};

class safetensors_error : public error {
 public:
  safetensors_error(safetensors_fault fault, std::string_view operation, std::string_view expected,
                    std::string_view found)
      : error(operation, expected, found), fault_(fault) {}
  safetensors_fault fault() const noexcept { return fault_; }

 private:
  safetensors_fault fault_;
};

struct safetensors_entry {
  std::string name;  // "blocks.3.attn.qkv.weight"
  dtype type = dtype::f32;
  std::vector<std::int64_t> shape;   // {} is a scalar
  std::span<const std::byte> bytes;  // product(shape) * dtype_width(type); need not be aligned
};

using safetensors_metadata = std::map<std::string, std::string>;

}  // namespace tessera::inline v0
