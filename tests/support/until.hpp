// Waiting for what another thread does: asked again and again, for as long as the slowest machine may need.
#pragma once

#include <chrono>
#include <thread>

namespace cachearr::test {

/// True once `holds()` is; false where it is not within a minute.
template <class F>
bool until(const F& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

}  // namespace cachearr::test
