#include "rules/pattern.hpp"

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

/// The end of the digits that begin at `at`.
std::size_t digits_end(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
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

PathSegments::PathSegments(std::string_view path) noexcept {
  for (std::size_t at = path.starts_with('/') ? 1 : 0; count < kMost;) {
    const auto slash = count + 1 == kMost ? std::string_view::npos : path.find('/', at);
    std::construct_at(&items[count++], path.substr(at, slash == std::string_view::npos ? slash : slash - at));
    if (slash == std::string_view::npos) return;
    at = slash + 1;
  }
}

// As in glob matching only the last unbounded wildcard needs to be taken back: whatever stands before it matched as
// early as possible, and a longer match there could not help. Integers take all digits there are and are never taken
// back.
bool matches(const Segment& pattern, std::string_view text, bool from_query, Bindings& into) noexcept {
  const auto& tokens = pattern.tokens;
  const auto began_with = into.size();
  std::size_t token = 0, at = 0;
  std::size_t star = tokens.size(), star_from = 0, star_to = 0, star_bound = 0;
  const auto retry = [&] {
    if (star == tokens.size() || star_to >= text.size()) return false;
    at = ++star_to;
    token = star + 1;
    into.cut(star_bound);
    if (tokens[star].kind == Token::Kind::capture) {
      into.add({&tokens[star], text.substr(star_from, star_to - star_from), from_query, false});
    }
    return true;
  };
  for (;;) {
    bool good = false;
    if (token == tokens.size()) {
      if (at == text.size()) return true;
    } else if (tokens[token].kind == Token::Kind::literal) {
      good = text.substr(at).starts_with(tokens[token].text);
      if (good) at += tokens[token++].text.size();
    } else if (tokens[token].kind == Token::Kind::capture && tokens[token].capture == CaptureKind::integer) {
      const auto end = digits_end(text, at);
      good = end > at;
      if (good) into.add({&tokens[token++], text.substr(at, end - at), from_query, false}), at = end;
    } else if (token + 1 == tokens.size() && (at < text.size() || tokens[token].kind == Token::Kind::any)) {
      if (tokens[token].kind == Token::Kind::capture) into.add({&tokens[token], text.substr(at), from_query, false});
      return true;
    } else {
      star = token, star_from = star_to = at, star_bound = into.size();
      // A capture takes at least one character; `*` may take none.
      if (tokens[token].kind == Token::Kind::any) {
        ++token;
        good = true;
      }
    }
    if (!good && !retry()) return into.cut(began_with), false;
  }
}

bool matches(const PathPattern& pattern, std::span<const std::string_view> segments, Bindings& into) noexcept {
  const auto wanted = pattern.segments.size();
  if (segments.size() < wanted || (!pattern.open_end && segments.size() != wanted)) return false;
  // The last place may hold several segments in one piece.
  if (segments.size() == PathSegments::kMost && !pattern.open_end) return false;
  for (std::size_t i = 0; i < wanted; ++i) {
    const auto& segment = pattern.segments[i];
    if (segment.is_literal() ? segment.literal() != segments[i] : !matches(segment, segments[i], false, into))
      return false;
  }
  return true;
}

}  // namespace cachearr::rules
