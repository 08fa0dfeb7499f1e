#include "rules/load/template_compiler.hpp"

#include <algorithm>

#include "rules/spelling.hpp"

namespace cachearr::rules {

namespace {

constexpr std::string_view kBuiltIns[] = {"method", "host", "path", "query"};

/// Every capture of a text ends where it can be told from what follows: at a separator or at the end.
bool tells_captures_apart(const std::vector<Piece>& pieces) {
  bool open = false;  // a capture was written and no separator since
  for (const auto& piece : pieces) {
    if (piece.kind == Piece::Kind::rest) {
      open = true;  // it begins with a separator
    } else if (piece.kind != Piece::Kind::literal) {
      if (open) return false;
      open = true;
    } else if (std::any_of(piece.text.begin(), piece.text.end(), separates_captures)) {
      open = false;
    }
  }
  return true;
}

bool uses(const std::vector<Piece>& pieces, const Token& token) {
  return std::any_of(pieces.begin(), pieces.end(), [&token](const Piece& piece) {
    return piece.kind == Piece::Kind::capture && piece.text == token.text;
  });
}

/// There is one path, and the template holds every wildcard of it.
bool holds_path(const Rule::Compiled& rule) {
  if (rule.paths.size() != 1 || rule.paths[0].open_end) return false;
  for (const auto& segment : rule.paths[0].segments) {
    for (const auto& token : segment.tokens) {
      if (token.kind == Token::Kind::any) return false;
      if (token.kind == Token::Kind::capture && !uses(rule.key, token)) return false;
    }
  }
  return true;
}

bool holds_value(const Rule::Compiled& rule, const Condition& condition) {
  if (condition.kind == Condition::Kind::absent || condition.any_of.size() != 1) return false;
  const auto& tokens = condition.any_of[0].tokens;
  return std::all_of(tokens.begin(), tokens.end(), [&rule](const Token& token) {
    return token.kind == Token::Kind::literal || (token.kind == Token::Kind::capture && uses(rule.key, token));
  });
}

}  // namespace

bool is_built_in(std::string_view name) noexcept {
  return std::find(std::begin(kBuiltIns), std::end(kBuiltIns), name) != std::end(kBuiltIns);
}

Result<std::vector<Piece>> compile_template(std::string_view text) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '}') return Error{"'}' without '{'"};
    if (text[at] != '{') {
      const auto next = std::min(text.find_first_of("{}", at), text.size());
      pieces.push_back({Piece::Kind::literal, std::string{text.substr(at, next - at)}, false});
      at = next;
      continue;
    }
    const auto end = text.find('}', at);
    if (end == std::string_view::npos) return Error{"'{' without '}'"};
    const auto name = text.substr(at + 1, end - at - 1);
    if (name == kRestName) {
      pieces.push_back({Piece::Kind::capture, std::string{name}, false});
      at = end + 1;
      continue;
    }
    const auto built_in = std::find(std::begin(kBuiltIns), std::end(kBuiltIns), name);
    const auto kind =
        built_in == std::end(kBuiltIns)
            ? Piece::Kind::capture
            : static_cast<Piece::Kind>(static_cast<int>(Piece::Kind::method) + (built_in - std::begin(kBuiltIns)));
    // {query} brings its own '?', since there may be none.
    if (kind == Piece::Kind::query && !pieces.empty() && pieces.back().text.ends_with('?') &&
        pieces.back().kind == Piece::Kind::literal) {
      pieces.back().text.pop_back();
    }
    pieces.push_back({kind, std::string{name}, false});
    at = end + 1;
  }
  return pieces;
}

void complete_key(Rule::Compiled& rule) {
  const auto has = [&rule](Piece::Kind kind) {
    return std::any_of(rule.key.begin(), rule.key.end(), [kind](const Piece& piece) { return piece.kind == kind; });
  };
  rule.whole_query = has(Piece::Kind::query);
  const bool clear = tells_captures_apart(rule.key);
  rule.add_path = !has(Piece::Kind::path) && !(clear && holds_path(rule));
  rule.held_query.clear();
  if (rule.whole_query) return;
  for (const auto& condition : rule.query) {
    if (condition.is_fixed() || (clear && holds_value(rule, condition))) rule.held_query.push_back(condition.name);
  }
}

}  // namespace cachearr::rules
