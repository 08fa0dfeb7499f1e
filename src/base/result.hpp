// A value or the reason why there is none. Errors travel as values on the request path; nothing here throws.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace cachearr {

/// Why something failed, in words a user understands.
struct Error {
  std::string what;
};

/// Either a T or an E. REQUIRES: ok() before value(), !ok() before error().
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
  Result(E error) : state_{std::in_place_index<1>, std::move(error)} {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  const E& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, E> state_;
};

}  // namespace cachearr
