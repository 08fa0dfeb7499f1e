// Normal forms: how paths, query names, values and captures are spelt in keys, so that equal requests have equal keys
// and different ones never do. Pure, any thread; everything appends, so that a reused buffer allocates nothing.
#pragma once

#include <string>
#include <string_view>

namespace cachearr::rules {

/// As sent, but percent-encoding normalised (RFC 3986 6.2.2): upper-case digits, unreserved characters decoded, a stray
/// '%' written as %25.
void append_sent(std::string& out, std::string_view text);
/// append_sent would change nothing, and no origin takes a part of it for a slash.
bool is_sent_normal(std::string_view text) noexcept;
/// True where a path in that form holds what some origins take for a slash: "%2F", "%5C" or a backslash.
bool hides_slash(std::string_view sent) noexcept;

/// A query's name or value decoded: %XX and '+'.
void append_decoded(std::string& out, std::string_view text);
inline bool is_decoded(std::string_view text) noexcept {
  for (const char c : text) {
    if (c == '%' || c == '+') return false;
  }
  return true;
}

/// Decoded text as it stands in the query part of a key: what separates there ('&', '=', '+', …) is encoded.
void append_query_text(std::string& out, std::string_view decoded);

/// Decoded text as a capture: nothing in it can pose as a separator of a key or a wildcard of a pattern.
void append_capture(std::string& out, std::string_view decoded);
/// The same of a path segment in append_sent's form. A reserved character that was sent bare gets lower-case digits, so
/// that it stays apart from one that was sent encoded.
void append_path_capture(std::string& out, std::string_view sent);
/// True for characters that append_capture never puts out: between two captures one of them keeps a key unambiguous.
bool separates_captures(char c) noexcept;

}  // namespace cachearr::rules
