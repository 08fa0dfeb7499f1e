// What becomes of the body of one response: shown while it comes, or kept back until it was looked at as a whole; kept
// for the store or not. One state with named transitions; no I/O.
//
// Owned by the fetch, used on its worker.
#pragma once

#include <cstdint>
#include <string_view>

#include "fetch/body_mode.hpp"
#include "fetch/shared_fetch.hpp"

namespace cachearr::fetch {

class BodyRelay {
 public:
  explicit BodyRelay(SharedFetch& shared_fetch) noexcept : shared_fetch_{shared_fetch} {}
  /// REQUIRES: before the first append().
  void begin(BodyMode mode, const BodyBounds& bounds) noexcept;

  enum class Change : std::uint8_t { none, too_large_to_store, too_long_to_buffer };
  /// Hands a piece on. A change says that the mode has become another one.
  Change append(std::string_view piece);
  /// It was looked at and is not to be stored.
  void give_up_storing() noexcept;

  BodyMode mode() const noexcept { return mode_; }
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  SharedFetch& shared_fetch_;
  BodyMode mode_ = BodyMode::pass;
  BodyBounds bounds_;
  std::uint64_t bytes_ = 0;
};

}  // namespace cachearr::fetch
