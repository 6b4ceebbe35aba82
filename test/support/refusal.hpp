#pragma once
// The tessera::error of an action; empty if it went through.

#include "tessera/error.hpp"

namespace support {

template <class Action>
tessera::error refusal(Action action) {
  try {
    action();
  } catch (const tessera::error& e) {
    return e;
  }
  return {"", "", ""};
}

}  // namespace support
