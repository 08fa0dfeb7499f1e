#include "rules/load/pattern_compiler.hpp"

#include <algorithm>

#include "base/suggestion.hpp"
#include "rules/spelling.hpp"

namespace cachearr::rules {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_name_character(char c) noexcept {
  return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Bytes that no request target may hold bare are encoded, as the client has to.
std::string as_sent(std::string_view literal) {
  std::string encoded;
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : literal) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F) {
      encoded.push_back(c);
    } else {
      encoded.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
  std::string out;
  append_sent(out, encoded);
  return out;
}

/// "name", "name:int", "name:lower?" between its braces.
Result<Token> compile_capture(std::string_view inner) {
  Token token;
  token.kind = Token::Kind::capture;
  if (inner.ends_with('?')) token.optional = true, inner.remove_suffix(1);
  const auto colon = inner.find(':');
  const auto name = inner.substr(0, colon);
  if (name.empty() || is_digit(name[0]) || !std::all_of(name.begin(), name.end(), is_name_character)) {
    return Error{"'{" + std::string{inner} + "}': a name in braces consists of letters, digits and '_'"};
  }
  token.text = name;
  if (colon == std::string_view::npos) return token;
  const auto kind = inner.substr(colon + 1);
  if (kind == "int") {
    token.capture = CaptureKind::integer;
  } else if (kind == "lower") {
    token.capture = CaptureKind::lower;
  } else {
    return Error{"'{" + std::string{inner} + "}': a capture may be of kind int or lower" +
                 did_you_mean(kind, {"int", "lower"})};
  }
  return token;
}

Result<Segment> compile_segment(std::string_view text, bool path) {
  Segment segment;
  const auto wildcard = [&segment](Token token) {
    if (!segment.tokens.empty() && segment.tokens.back().kind != Token::Kind::literal) return false;
    segment.tokens.push_back(std::move(token));
    return true;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '}') return Error{"'}' without '{'"};
    const auto end = text[at] == '{' ? text.find('}', at) : at;
    if (end == std::string_view::npos) return Error{"'{' without '}'"};
    if (text[at] == '{' || text[at] == '*') {
      auto token = text[at] == '{' ? compile_capture(text.substr(at + 1, end - at - 1))
                                   : Result<Token>{Token{Token::Kind::any, CaptureKind::any, false, {}}};
      if (!token.ok()) return token.error();
      if (token->optional && (path || at > 0 || end + 1 < text.size())) {
        return Error{"an optional capture such as {page?} is possible only as a query's whole value"};
      }
      if (!wildcard(std::move(*token))) return Error{"two wildcards need something between them"};
      at = end + 1;
      continue;
    }
    const auto next = std::min(text.find_first_of("{}*", at), text.size());
    const auto literal = text.substr(at, next - at);
    segment.tokens.push_back(
        {Token::Kind::literal, CaptureKind::any, false, path ? as_sent(literal) : std::string{literal}});
    at = next;
  }
  return segment;
}

}  // namespace

Result<Segment> compile_value(std::string_view text) { return compile_segment(text, false); }

Result<PathPattern> compile_path(std::string_view text) {
  if (!text.starts_with('/')) return Error{"a path begins with '/'"};
  if (text.find_first_of("?#") != std::string_view::npos) {
    return Error{"a path holds no '?' and no '#'; conditions on the query belong into \"query\""};
  }
  PathPattern pattern;
  for (std::size_t at = 1;;) {
    const auto slash = std::min(text.find('/', at), text.size());
    const auto part = text.substr(at, slash - at);
    if (part.find("**") != std::string_view::npos) {
      if (part != "**" || slash < text.size()) return Error{"'**' stands alone as the last segment: it means any rest"};
      pattern.open_end = true;
      return pattern;
    }
    auto segment = compile_segment(part, true);
    if (!segment.ok()) return segment.error();
    pattern.segments.push_back(std::move(*segment));
    if (pattern.segments.size() >= PathSegments::kMost) return Error{"a path may have at most 63 segments"};
    if (slash == text.size()) return pattern;
    at = slash + 1;
  }
}

}  // namespace cachearr::rules
