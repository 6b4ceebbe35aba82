#pragma once
// Machinery of tessera/io/safetensors.hpp: the JSON header as a checked table.

#include "tessera/config.hpp"
#include "tessera/io/detail/json_reader.hpp"
#include "tessera/io/dtype.hpp"
#include "tessera/io/safetensors_entry.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::inline v0::detail {

inline constexpr std::uint64_t safetensors_max_header = 100'000'000;
inline constexpr std::size_t safetensors_max_rank = 64;

// A name out of a file, fit for a message: at most 80 bytes, no control characters.
inline std::string printable(std::string_view text) {
  std::string out(text.substr(0, 80));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text.size() > out.size() ? out + "..." : out;
}

template <class Metadata>
struct safetensors_index {
  struct extent {
    std::uint64_t begin = 0, end = 0;
  };
  std::vector<safetensors_entry> entries;  // in the order of the header, bytes not set
  std::vector<extent> extents;             // of entries[i]
  Metadata metadata;
};

// Receives the events of the JSON parser; knows the one form that is allowed and throws at the
// first event that departs from it. Nesting is bounded by `place`, duplicates are seen as they
// come.
template <class Metadata>
class safetensors_events {
 public:
  safetensors_events(const std::string& where, std::uint64_t data_bytes,
                     safetensors_index<Metadata>& out)
      : where_(where), data_bytes_(data_bytes), out_(out) {}

  void null() { misplaced("null"); }
  void boolean(bool) { misplaced("a boolean"); }
  void bad_number(std::string_view text) {
    if (place_ != place::shape && place_ != place::offsets) misplaced("a number");
    fail(safetensors_fault::number, "integers from 0 to 2^64 - 1", printable(text));
  }
  void number_unsigned(std::uint64_t v) {
    if (place_ == place::shape) {
      if (v == 0 || v > std::uint64_t{INT64_MAX})
        fail(safetensors_fault::shape, "dimensions from 1 to 2^63 - 1", std::to_string(v));
      if (entry_.shape.size() == safetensors_max_rank)
        fail(safetensors_fault::shape, "at most 64 dimensions", "more");
      entry_.shape.push_back(static_cast<std::int64_t>(v));
    } else if (place_ == place::offsets) {
      if (offsets_ == 2) fail(safetensors_fault::structure, "two data_offsets", "more");
      (offsets_++ == 0 ? extent_.begin : extent_.end) = v;
    } else {
      misplaced("a number");
    }
  }

  void string(std::string& text) {
    if (place_ == place::metadata) {
      if (!out_.metadata.emplace(key_, text).second)
        fail(safetensors_fault::duplicate, "each metadata key once", printable(key_) + " twice");
    } else if (place_ == place::tensor && field_ == field::dtype) {
      const auto type = to_dtype(text);
      if (!type) fail(safetensors_fault::dtype, "a known dtype", printable(text));
      entry_.type = *type;
    } else {
      misplaced("text");
    }
  }

  void key(std::string& text) {
    key_ = text;
    if (place_ != place::tensor) return;
    field_ = text == "dtype"          ? field::dtype
             : text == "shape"        ? field::shape
             : text == "data_offsets" ? field::offsets
                                      : field::none;
    if (field_ == field::none)
      fail(safetensors_fault::structure, "dtype, shape and data_offsets", printable(text));
    const unsigned bit = 1u << static_cast<unsigned>(field_);
    if ((seen_ & bit) != 0) fail(safetensors_fault::duplicate, "each field once", text + " twice");
    seen_ |= bit;
  }

  void start_object() {
    if (place_ == place::outside) {
      place_ = place::root;
    } else if (place_ == place::root && key_ == "__metadata__") {
      if (std::exchange(metadata_seen_, true))
        fail(safetensors_fault::duplicate, "one __metadata__", "two");
      place_ = place::metadata;
    } else if (place_ == place::root) {
      place_ = place::tensor;
      entry_ = {.name = key_, .type = {}, .shape = {}, .bytes = {}};
      extent_ = {};
      offsets_ = 0;
      seen_ = 0;
    } else {
      misplaced("an object");
    }
  }

  void end_object() {
    if (place_ == place::tensor) finish_tensor();
    place_ = place_ == place::root ? place::outside : place::root;
  }

  void start_array() {
    if (place_ != place::tensor || (field_ != field::shape && field_ != field::offsets))
      misplaced("an array");
    place_ = field_ == field::shape ? place::shape : place::offsets;
  }

  void end_array() {
    if (place_ == place::offsets && offsets_ != 2)
      fail(safetensors_fault::structure, "two data_offsets", std::to_string(offsets_));
    place_ = place::tensor;
  }

  [[noreturn]] void parse_error(std::size_t byte) const {
    throw safetensors_error(safetensors_fault::json, where_, "a header of UTF-8 JSON",
                            "an error at its byte " + std::to_string(byte));
  }

 private:
  enum class place : std::uint8_t { outside, root, metadata, tensor, shape, offsets };
  enum class field : std::uint8_t { none, dtype, shape, offsets };

  void finish_tensor() {
    if (seen_ != 0b1110)
      fail(safetensors_fault::structure, "dtype, shape and data_offsets", "fewer fields");
    std::uint64_t bytes = dtype_width(entry_.type);
    for (const std::int64_t d : entry_.shape) {
      if (bytes > std::uint64_t{INT64_MAX} / static_cast<std::uint64_t>(d))
        fail(safetensors_fault::shape, "a size below 2^63 bytes", "a larger product");
      bytes *= static_cast<std::uint64_t>(d);
    }
    const auto [begin, end] = extent_;
    if (begin > end)
      fail(safetensors_fault::backwards, "an end at or after " + std::to_string(begin),
           std::to_string(end));
    if (end > data_bytes_)
      fail(safetensors_fault::out_of_range,
           "an end within " + std::to_string(data_bytes_) + " bytes", std::to_string(end));
    if (end - begin != bytes)
      fail(safetensors_fault::size, std::to_string(bytes) + " bytes of shape and dtype",
           std::to_string(end - begin));
    out_.entries.push_back(std::move(entry_));
    out_.extents.push_back(extent_);
  }

  [[noreturn]] void misplaced(std::string_view what) const {
    fail(safetensors_fault::structure, "an object of tensors", std::string(what) + " in its place");
  }

  [[noreturn]] void fail(safetensors_fault fault, std::string_view expected,
                         std::string_view found) const {
    const bool in_tensor = place_ >= place::tensor;
    const std::string& name = in_tensor ? entry_.name : key_;
    throw safetensors_error(fault, name.empty() ? where_ : where_ + ": " + printable(name),
                            expected, found);
  }

  const std::string& where_;
  std::uint64_t data_bytes_;
  safetensors_index<Metadata>& out_;
  place place_ = place::outside;
  field field_ = field::none;
  bool metadata_seen_ = false;
  std::string key_;
  safetensors_entry entry_;
  typename safetensors_index<Metadata>::extent extent_;
  int offsets_ = 0;    // numbers of data_offsets read
  unsigned seen_ = 0;  // bit per field of this tensor
};

// The header as a table, all rules checked against `data_bytes` bytes of data.
template <class Metadata>
safetensors_index<Metadata> parse_safetensors_header(const std::string& where,
                                                     std::string_view text,
                                                     std::uint64_t data_bytes) {
  if (text.empty() || text.front() != '{')
    throw safetensors_error(safetensors_fault::json, where, "a header of UTF-8 JSON from '{' on",
                            text.empty() ? "nothing" : "another byte");
  safetensors_index<Metadata> index;
  safetensors_events<Metadata> events(where, data_bytes, index);
  json_reader(text, events).read();

  const auto& entries = index.entries;
  const auto& extents = index.extents;
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return entries[a].name < entries[b].name; });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (entries[order[i]].name == entries[order[i - 1]].name)
      throw safetensors_error(safetensors_fault::duplicate, where, "each tensor once",
                              printable(entries[order[i]].name) + " twice");
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return extents[a].begin < extents[b].begin; });
  std::uint64_t covered = 0;
  for (const std::size_t i : order) {
    if (extents[i].begin != covered)
      throw safetensors_error(
          extents[i].begin < covered ? safetensors_fault::overlap : safetensors_fault::hole,
          where + ": " + printable(entries[i].name),
          "a begin at " + std::to_string(covered) + " (tensors touch)",
          std::to_string(extents[i].begin));
    covered = extents[i].end;
  }
  if (covered != data_bytes)
    throw safetensors_error(safetensors_fault::trailing, where,
                            std::to_string(covered) + " bytes of tensors",
                            std::to_string(data_bytes));
  return index;
}

}  // namespace tessera::inline v0::detail
