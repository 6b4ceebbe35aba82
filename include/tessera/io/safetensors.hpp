#pragma once
// Tensors by name in a file that may come from anyone: a strict reader and a writer of safetensors.
//
//     u64 n (little-endian) | n bytes of JSON, space-padded | raw row-major little-endian data
//     {"__metadata__": {text: text}, name: {"dtype": "F32", "shape": [..], "data_offsets": [b, e]}}
//
// Offsets count from the end of the header. The data is covered exactly: every tensor has
// product(shape) * width bytes, and the tensors touch without overlap, hole or rest. Whatever
// breaks a rule throws safetensors_error with a reason of safetensors_fault, before any of it is
// used. Memory taken is bounded by the header that is really there, never by a number in it.
// Stricter than the format: refused are dimensions of zero, unknown fields, ranks over
// 64 and texts over 4 MiB.
// Source: github.com/huggingface/safetensors, section "Format".

#include "tessera/config.hpp"
#include "tessera/error.hpp"
#include "tessera/io/atomic_file.hpp"
#include "tessera/io/detail/json_text.hpp"
#include "tessera/io/detail/safetensors_header.hpp"
#include "tessera/io/dtype.hpp"
#include "tessera/io/safetensors_entry.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace tessera::inline v0 {

static_assert(std::endian::native == std::endian::little, "tessera reads files as they are");

// Copies share the mapping; entries stay valid while one copy lives. A template, as the functions
// below: a file that includes this and reads no checkpoint compiles nothing of it.
template <class Metadata = safetensors_metadata>
class basic_safetensors_file {
 public:
  // Maps the file read-only. Replacing it by rename (as write_safetensors does) is safe while it is
  // open; shortening it in place is not, for any mapped file.
  static basic_safetensors_file open(const std::string& path);

  // The caller's memory must outlive the result and all copies.
  static basic_safetensors_file from_memory(std::span<const std::byte> bytes);

  std::span<const safetensors_entry> tensors() const noexcept { return tensors_; }  // by name
  const Metadata& metadata() const noexcept { return metadata_; }

  // nullptr: no tensor of this name.
  const safetensors_entry* find(std::string_view name) const noexcept {
    const auto at = std::lower_bound(
        tensors_.begin(), tensors_.end(), name,
        [](const auto& t, std::string_view wanted) { return t.name.compare(wanted) < 0; });
    return at != tensors_.end() && at->name == name ? &*at : nullptr;
  }

 private:
  void parse(const std::string& where, std::span<const std::byte> bytes);

  std::shared_ptr<const void> mapping_;
  std::vector<safetensors_entry> tensors_;
  Metadata metadata_;
};
using safetensors_file = basic_safetensors_file<>;

// out[i] = element i of an F32, F16, BF16 or F64 tensor (F64 to float rounds to nearest). Errors:
// `conversion` when the type is another or out.size() is not product(shape).
void read_floats(const safetensors_entry& entry, std::span<float> out);
void read_floats(const safetensors_entry& entry, std::span<double> out);

// Writes a file that holds these tensors; the same tensors in any order give the same bytes (wider
// types first, so that each tensor is aligned to its width, then by name). Through atomic_file: on
// an error an old file stays as it was. Whatever the reader would refuse is refused here with the
// reader's fault, before a byte is written.
template <class Metadata = safetensors_metadata>
void write_safetensors(const std::string& path, std::span<const safetensors_entry> tensors,
                       const std::type_identity_t<Metadata>& metadata = {});

// The same bytes in memory.
template <class Metadata = safetensors_metadata>
std::vector<std::byte> to_safetensors(std::span<const safetensors_entry> tensors,
                                      const std::type_identity_t<Metadata>& metadata = {});

namespace detail {

template <class Real>
void read_floats(const safetensors_entry& entry, std::span<Real> out) {
  const std::string where = "safetensors.read_floats: " + printable(entry.name);
  if (entry.type != dtype::f32 && entry.type != dtype::f64 && entry.type != dtype::f16 &&
      entry.type != dtype::bf16)
    throw safetensors_error(safetensors_fault::conversion, where, "F32, F16, BF16 or F64",
                            dtype_name(entry.type));
  if (out.size() > SIZE_MAX / 8 || out.size() * dtype_width(entry.type) != entry.bytes.size())
    throw safetensors_error(
        safetensors_fault::conversion, where,
        "an output of " + std::to_string(entry.bytes.size() / dtype_width(entry.type)) + " numbers",
        std::to_string(out.size()));
  const auto decode = [&]<class Stored>(Stored, auto to_real) {
    const std::byte* from = entry.bytes.data();
    for (Real& to : out) {
      Stored stored;
      std::memcpy(&stored, from, sizeof stored);
      to = static_cast<Real>(to_real(stored));
      from += sizeof stored;
    }
  };
  switch (entry.type) {
    case dtype::f16:
      return decode(std::uint16_t{}, decode_f16);
    case dtype::bf16:
      return decode(std::uint16_t{}, decode_bf16);
    case dtype::f64:
      return decode(double{}, [](double v) { return v; });
    default:
      return decode(float{}, [](float v) { return v; });
  }
}

struct safetensors_plan {
  std::string head;                               // 8 bytes of length and the padded JSON
  std::vector<const safetensors_entry*> tensors;  // in the order of the file
};

template <class Metadata>
safetensors_plan plan_safetensors(const std::string& where,
                                  std::span<const safetensors_entry> tensors,
                                  const Metadata& metadata) {
  safetensors_plan plan;
  for (const auto& t : tensors) plan.tensors.push_back(&t);
  std::sort(plan.tensors.begin(), plan.tensors.end(), [](const auto* a, const auto* b) {
    return dtype_width(a->type) != dtype_width(b->type)
               ? dtype_width(a->type) > dtype_width(b->type)
               : a->name < b->name;
  });

  std::string& out = plan.head;
  out.assign(8, '\0');
  out += '{';
  if (!metadata.empty()) {
    out += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) {
      append_json_text(out, key);
      out += ':';
      append_json_text(out, value);
      out += ',';
    }
    out.back() = '}';
    out += ',';
  }
  std::uint64_t at = 0;
  for (const auto* t : plan.tensors) {
    append_json_text(out, t->name);
    out.append(":{\"dtype\":\"").append(dtype_name(t->type)).append("\",\"shape\":[");
    for (std::size_t i = 0; i < t->shape.size(); ++i)
      out.append(i == 0 ? "" : ",").append(std::to_string(t->shape[i]));
    out.append("],\"data_offsets\":[").append(std::to_string(at));
    at += t->bytes.size();
    out.append(",").append(std::to_string(at)).append("]},");
  }
  if (out.back() == ',') out.pop_back();
  out += '}';
  out.append((8 - out.size() % 8) % 8, ' ');

  const std::uint64_t length = out.size() - 8;
  if (length > safetensors_max_header)
    throw safetensors_error(safetensors_fault::header_too_long, where, "a header of at most 100 MB",
                            std::to_string(length) + " bytes");
  parse_safetensors_header<Metadata>(where, std::string_view(out).substr(8), at);
  std::memcpy(out.data(), &length, 8);
  return plan;
}

}  // namespace detail

template <class Metadata>
basic_safetensors_file<Metadata> basic_safetensors_file<Metadata>::open(const std::string& path) {
  const std::string where = "safetensors.open: " + path;
  const auto refuse = [&](std::string_view expected) {
    throw safetensors_error(safetensors_fault::io, where, expected,
                            std::generic_category().message(errno));
  };
  struct descriptor {
    int value;
    ~descriptor() {
      if (value >= 0) ::close(value);
    }
  };
  // O_NONBLOCK: a pipe of this name must not make us wait; it is refused below.
  const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value < 0) refuse("a readable file");
  struct stat status {};
  if (::fstat(file.value, &status) != 0) refuse("a readable file");
  if (!S_ISREG(status.st_mode))
    throw safetensors_error(safetensors_fault::io, where, "a regular file", "something else");

  basic_safetensors_file result;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* memory = nullptr;
  if (size > 0) {  // an empty file cannot be mapped
    memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.value, 0);
    if (memory == MAP_FAILED) refuse("a file that can be mapped");
    result.mapping_ = std::shared_ptr<const void>(
        memory, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  }
  result.parse(where, {static_cast<const std::byte*>(memory), size});
  return result;
}

template <class Metadata>
basic_safetensors_file<Metadata> basic_safetensors_file<Metadata>::from_memory(
    std::span<const std::byte> bytes) {
  basic_safetensors_file result;
  result.parse("safetensors.from_memory", bytes);
  return result;
}

template <class Metadata>
void basic_safetensors_file<Metadata>::parse(const std::string& where,
                                             std::span<const std::byte> bytes) {
  if (bytes.size() < 8)
    throw safetensors_error(safetensors_fault::truncated, where, "8 bytes of header length",
                            std::to_string(bytes.size()) + " bytes");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  bytes = bytes.subspan(8);
  if (length > detail::safetensors_max_header)
    throw safetensors_error(safetensors_fault::header_too_long, where, "a header of at most 100 MB",
                            std::to_string(length) + " bytes");
  if (length > bytes.size())
    throw safetensors_error(safetensors_fault::truncated, where,
                            "a header of " + std::to_string(length) + " bytes",
                            std::to_string(bytes.size()) + " bytes after its length");
  const auto data = bytes.subspan(length);
  auto index = detail::parse_safetensors_header<Metadata>(
      where, {reinterpret_cast<const char*>(bytes.data()), length}, data.size());
  for (std::size_t i = 0; i < index.entries.size(); ++i) {
    const auto [begin, end] = index.extents[i];
    index.entries[i].bytes = data.subspan(begin, end - begin);
  }
  std::sort(index.entries.begin(), index.entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  tensors_ = std::move(index.entries);
  metadata_ = std::move(index.metadata);
}

inline void read_floats(const safetensors_entry& entry, std::span<float> out) {
  detail::read_floats<float>(entry, out);
}

inline void read_floats(const safetensors_entry& entry, std::span<double> out) {
  detail::read_floats<double>(entry, out);
}

template <class Metadata>
void write_safetensors(const std::string& path, std::span<const safetensors_entry> tensors,
                       const std::type_identity_t<Metadata>& metadata) {
  const std::string where = "safetensors.write: " + path;
  const auto plan = detail::plan_safetensors<Metadata>(where, tensors, metadata);
  try {
    atomic_file file(path);
    file.write(std::as_bytes(std::span(plan.head)));
    for (const auto* t : plan.tensors) file.write(t->bytes);
    file.commit();
  } catch (const error& e) {
    throw safetensors_error(safetensors_fault::io, where, e.expected(), e.found());
  }
}

template <class Metadata>
std::vector<std::byte> to_safetensors(std::span<const safetensors_entry> tensors,
                                      const std::type_identity_t<Metadata>& metadata) {
  const auto plan = detail::plan_safetensors<Metadata>("safetensors.write", tensors, metadata);
  const auto head = std::as_bytes(std::span(plan.head));
  std::vector<std::byte> out(head.begin(), head.end());
  for (const auto* t : plan.tensors) out.insert(out.end(), t->bytes.begin(), t->bytes.end());
  return out;
}

}  // namespace tessera::inline v0
