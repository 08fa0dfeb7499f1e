// What methods, field names and parameters are made of (RFC 9110 5.6.2). Pure.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace cachearr::http {

inline constexpr auto kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~"}) table[static_cast<unsigned char>(c)] = true;
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = table[c + ('a' - 'A')] = true;
  return table;
}();

// Of a type of its own, so that no call is left of it where it is handed on.
inline constexpr auto is_token_character = [](char c) noexcept {
  return kTokenCharacters[static_cast<unsigned char>(c)];
};

inline bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

}  // namespace cachearr::http
