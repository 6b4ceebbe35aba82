#pragma once
// The one exception of tessera. It says what was being done, what had to hold and what was found:
//     model.load: blocks.3.attn.qkv.weight: expected shape [576, 192], found [576, 128]
// User data (batches, files, clients) ends here, never in an assert or out of bounds.

#include "tessera/config.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace tessera::inline v0 {

class error : public std::runtime_error {
 public:
  TESSERA_COLD error(std::string_view operation, std::string_view expected, std::string_view found)
      : std::runtime_error(std::string(operation) + ": expected " + std::string(expected) +
                           ", found " + std::string(found)),
        operation_(operation),
        expected_(expected),
        found_(found) {}

  const std::string& operation() const noexcept { return operation_; }
  const std::string& expected() const noexcept { return expected_; }
  const std::string& found() const noexcept { return found_; }

 private:
  std::string operation_, expected_, found_;
};

}  // namespace tessera::inline v0
