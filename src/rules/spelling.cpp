#include "rules/spelling.hpp"

#include <array>
#include <cstdint>

namespace cachearr::rules {

namespace {

enum Class : std::uint8_t { kUnreserved = 1, kQueryText = 2, kCapture = 4, kSeparator = 8 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto mark = [&classes](std::string_view characters, int as) {
    for (const char c : characters) {
      auto& slot = classes[static_cast<unsigned char>(c)];
      slot = static_cast<std::uint8_t>(slot | as);
    }
  };
  mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", kUnreserved | kQueryText | kCapture);
  mark("!$'(),;@", kQueryText | kCapture);
  mark(":/", kQueryText);
  mark(":/?*|{} ", kSeparator);
  return classes;
}
constexpr auto kClasses = make_classes();

bool is(char c, Class what) noexcept { return (kClasses[static_cast<unsigned char>(c)] & what) != 0; }

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// The byte that text[at..at+2] encodes, or -1.
int encoded_byte(std::string_view text, std::size_t at) noexcept {
  if (at + 2 >= text.size() || text[at] != '%') return -1;
  const int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void append_encoded(std::string& out, char c, std::string_view digits = "0123456789ABCDEF") {
  const auto byte = static_cast<unsigned char>(c);
  out.push_back('%');
  out.push_back(digits[byte >> 4]);
  out.push_back(digits[byte & 15]);
}

void append_kept(std::string& out, std::string_view decoded, Class kept) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    if (is(decoded[i], kept)) continue;
    out.append(decoded, from, i - from);
    append_encoded(out, decoded[i]);
    from = i + 1;
  }
  out.append(decoded, from);
}

}  // namespace

bool is_sent_normal(std::string_view text) noexcept {
  return text.find('%') == std::string_view::npos && text.find('\\') == std::string_view::npos;
}

bool hides_slash(std::string_view sent) noexcept {
  if (sent.find('\\') != std::string_view::npos) return true;
  for (auto at = sent.find('%'); at != std::string_view::npos; at = sent.find('%', at + 1)) {
    const auto code = sent.substr(at, 3);
    if (code == "%2F" || code == "%5C") return true;
  }
  return false;
}

void append_sent(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto percent = text.find('%', at);
    out.append(text, at, percent == std::string_view::npos ? percent : percent - at);
    if (percent == std::string_view::npos) return;
    const int byte = encoded_byte(text, percent);
    if (byte < 0) {
      out += "%25";
    } else if (is(static_cast<char>(byte), kUnreserved)) {
      out.push_back(static_cast<char>(byte));
    } else {
      append_encoded(out, static_cast<char>(byte));
    }
    at = percent + (byte < 0 ? 1 : 3);
  }
}

void append_decoded(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = encoded_byte(text, i);
    if (byte >= 0) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
}

void append_query_text(std::string& out, std::string_view decoded) { append_kept(out, decoded, kQueryText); }
void append_capture(std::string& out, std::string_view decoded) { append_kept(out, decoded, kCapture); }

void append_path_capture(std::string& out, std::string_view sent) {
  for (const char c : sent) {
    if (is(c, kSeparator)) {
      append_encoded(out, c, "0123456789abcdef");
    } else {
      out.push_back(c);
    }
  }
}

bool separates_captures(char c) noexcept { return is(c, kSeparator); }

}  // namespace cachearr::rules
