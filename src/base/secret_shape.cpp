#include "base/secret_shape.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.hpp"

namespace cachearr {

namespace {

constexpr std::size_t kMinKey = 16;
/// Numbers that name things are shorter.
constexpr std::size_t kMinDigits = 24;

bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }

bool is_run_character(char c) noexcept { return text::is_digit(c) || is_lower(c) || is_upper(c); }

/// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view word) noexcept {
  if (word.size() != 36) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char low = text::lower(word[i]);
    if (dash ? word[i] != '-' : !text::is_digit(low) && (low < 'a' || low > 'f')) return false;
  }
  return true;
}

bool is_picture(std::string_view word) noexcept {
  constexpr std::array<std::string_view, 7> endings{".jpg", ".jpeg", ".png", ".webp", ".svg", ".gif", ".avif"};
  return std::any_of(endings.begin(), endings.end(), [word](std::string_view ending) {
    return word.size() > ending.size() && text::iequals(word.substr(word.size() - ending.size()), ending);
  });
}

/// ISO 8601's basic form, "20260101T000000Z".
bool is_time(std::string_view run) noexcept {
  if (run.size() < 15 || run.size() > 16 || run[8] != 'T' || (run.size() == 16 && run[15] != 'Z')) return false;
  for (std::size_t i = 0; i < 15; ++i) {
    if (i != 8 && !text::is_digit(run[i])) return false;
  }
  return true;
}

/// Words are letters, numbers are digits; what mixes both, or cases within a word, at this length is a key.
bool is_key_run(std::string_view run) noexcept {
  if (run.size() < kMinKey || is_time(run)) return false;
  const bool digits = std::any_of(run.begin(), run.end(), text::is_digit);
  const bool letters = std::any_of(run.begin(), run.end(), [](char c) { return !text::is_digit(c); });
  if (digits && letters) return true;
  if (digits) return run.size() >= kMinDigits;
  // Written together, words have a hump about every sixth letter, random letters one every fourth.
  std::size_t humps = 0;
  for (std::size_t i = 1; i < run.size(); ++i) humps += is_lower(run[i - 1]) && is_upper(run[i]) ? 1U : 0U;
  return letters && humps * 9 >= run.size() * 2;
}

}  // namespace

// A run of 16 covers one of every 16 places: only where such a place holds a letter or digit is there more to look at.
bool is_secret_shape(std::string_view word) noexcept {
  if (word.size() < kMinKey) return false;
  for (std::size_t at = kMinKey - 1; at < word.size();) {
    if (!is_run_character(word[at])) {
      at += kMinKey;
      continue;
    }
    std::size_t from = at, to = at + 1;
    while (from > 0 && is_run_character(word[from - 1])) --from;
    while (to < word.size() && is_run_character(word[to])) ++to;
    if (is_key_run(word.substr(from, to - from))) {
      return !is_uuid(word) && !is_picture(word);
    }
    at = to + kMinKey;
  }
  return false;
}

}  // namespace cachearr
