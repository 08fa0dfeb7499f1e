// Bytes of the limiters' state: unsigned numbers as LEB128, signed ones zigzag. Pure; reading never leaves the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <cachearr/clock.hpp>

namespace cachearr::limit {

class StateWriter {
 public:
  void number(std::uint64_t value);
  void signed_number(std::int64_t value);
  void time(TimePoint at) { signed_number(at.time_since_epoch().count()); }
  void duration(Duration length) { signed_number(length.count()); }
  void text(std::string_view bytes);
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// A read past the end or a malformed number gives zero and makes ok() false for good.
class StateReader {
 public:
  /// `shift` is taken from every time read: how far the wall clock went back since the state was written.
  explicit StateReader(std::string_view bytes) : rest_{bytes} {}
  void set_shift(Duration shift) noexcept { shift_ = shift; }
  std::uint64_t number() noexcept;
  std::int64_t signed_number() noexcept;
  TimePoint time() noexcept;
  Duration duration() noexcept;
  std::string_view text() noexcept;
  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
  Duration shift_{};
  bool ok_ = true;
};

}  // namespace cachearr::limit
