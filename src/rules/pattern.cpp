#include "rules/pattern.hpp"

#include <algorithm>

namespace cachearr::rules {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The end of the digits that begin at `at`.
std::size_t digits_end(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

}  // namespace

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
