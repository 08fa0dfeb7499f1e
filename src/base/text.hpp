// ASCII text without locales and without exceptions. Pure, any thread.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cachearr::text {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
std::string to_lower(std::string_view text);
bool iequals(std::string_view a, std::string_view b) noexcept;
bool icontains(std::string_view text, std::string_view lower_case_part) noexcept;
/// Without leading and trailing SP and HTAB.
std::string_view trim(std::string_view text) noexcept;
/// Calls `each` with every trimmed, non-empty member of a comma-separated list; commas inside quoted strings do not
/// separate.
template <class F>
void for_each_member(std::string_view list, F&& each) {
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '"') quoted = !quoted;
    if (i + 1 < list.size() && quoted && list[i] == '\\') {
      ++i;
      continue;
    }
    if (i == list.size() || (list[i] == ',' && !quoted)) {
      const auto member = trim(list.substr(start, (i < list.size() ? i : list.size()) - start));
      if (!member.empty()) each(member);
      start = i + 1;
    }
  }
}
/// "a, b, c".
std::string joined(const std::vector<std::string>& parts);
/// Digits only, no sign; none on overflow.
std::optional<std::uint64_t> parse_unsigned(std::string_view digits) noexcept;
void append_number(std::string& out, std::int64_t value);
/// A '%' without two hexadecimal digits stays as it is.
std::string percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);  // everything but unreserved
std::vector<std::string_view> split(std::string_view text, char separator);
/// '*' any run of characters, '?' one character; anything else itself. Linear in practice, no backtracking blow-up.
bool glob_match(std::string_view pattern, std::string_view text) noexcept;
/// Standard alphabet; padding may be missing (RFC 8941 4.2.7), anything else foreign is refused when decoding.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
/// True where `bytes` are UTF-8 without NUL.
bool is_utf8(std::string_view bytes) noexcept;
/// Appends a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace cachearr::text
