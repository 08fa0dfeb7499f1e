// The words by which one upstream says "no more": "limits" of its rules file. Plain values, filled by rules.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr::content {

/// Requests that upstreams count apart: downloads, and all others.
enum class LimitScope : std::uint8_t { call, grab };

struct LimitWords {
  using Scope = LimitScope;
  std::optional<int> status;      // none: any status
  std::vector<std::string> like;  // globs over the text of the refusal, one of which must match; case does not matter
  Duration pause{};               // how long nothing of this kind is sent, where the answer names no time
  Scope scope = Scope::call;      // which kind of request is spent
  std::string until;  // JSON pointer to the date or the length of time that the refusal names; empty: it names none
};

/// The names of the scopes in rules files, in the order of the values.
inline constexpr std::array<std::string_view, 2> kLimitScopeNames = {"call", "grab"};

}  // namespace cachearr::content
