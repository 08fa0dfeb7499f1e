#include "rules/pattern.hpp"

#include "base/text.hpp"

namespace cachearr::rules {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The end of the digits that begin at `at`.
std::size_t digits_end(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

bool is_same(std::string_view literal, std::string_view text, bool any_case) noexcept {
  return literal.size() == text.size() && (any_case ? text::iequals(literal, text) : literal == text);
}

}  // namespace

void PathPattern::loosen() {
  lenient = true;
  if (!open_end && segments.size() > 1 && segments.back().is_literal() && segments.back().literal().empty())
    segments.pop_back();
}

bool PathSegments::is_clear() const noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const auto segment = items[i];
    if (segment.empty() ? i + 1 < count : segment[0] == '.' && (segment == "." || segment == "..")) return false;
  }
  return true;
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
bool matches(const Segment& pattern, std::string_view text, bool from_query, bool any_case, Bindings& into) noexcept {
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
      good = is_same(tokens[token].text, text.substr(at, tokens[token].text.size()), any_case);
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

bool matches(const PathPattern& pattern, const PathSegments& path, Bindings& into) noexcept {
  const auto segments = pattern.lenient ? path.without_last_slash() : path.all();
  const auto wanted = pattern.segments.size();
  if (segments.size() < wanted || (!pattern.open_end && segments.size() != wanted)) return false;
  // The last place may hold several segments in one piece.
  if (path.count == PathSegments::kMost && !pattern.open_end) return false;
  for (std::size_t i = 0; i < wanted; ++i) {
    const auto& segment = pattern.segments[i];
    if (segment.is_literal() ? !is_same(segment.literal(), segments[i], pattern.lenient)
                             : !matches(segment, segments[i], false, pattern.lenient, into))
      return false;
  }
  if (pattern.binds_rest && segments.size() > wanted) {
    static const Token rest{Token::Kind::capture, CaptureKind::any, false, std::string{kRestName}};
    const auto* const from = segments[wanted].data();
    const auto* const end = segments.back().data() + segments.back().size();
    into.add({&rest, {from, static_cast<std::size_t>(end - from)}, false, false});
  }
  return true;
}

}  // namespace cachearr::rules
