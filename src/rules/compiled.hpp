// A rule made ready for matching and for building keys. Made by the loader, immutable after it, read by any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "rules/message.hpp"
#include "rules/pattern.hpp"
#include "rules/query.hpp"
#include "rules/rule.hpp"

namespace cachearr::rules {

/// A demand on one query parameter or one header field.
struct Condition {
  enum class Kind : std::uint8_t { absent, present_as } kind = Kind::present_as;
  std::string name;
  std::vector<Segment> any_of;  // with present_as: one of these must match
  bool optional = false;        // a single optional capture: absence binds nothing and is fine
  bool is_fixed() const noexcept { return any_of.size() == 1 && any_of[0].is_literal(); }
};

/// A piece of a key template.
struct Piece {
  enum class Kind : std::uint8_t { literal, capture, method, host, path, query, rest } kind = Kind::literal;
  std::string text;     // the literal, or the capture's name; rest: what `**` took, behind a slash
  bool secret = false;  // a capture that the upstream names as a credential: shown as ***
};

struct Rule::Compiled {
  std::uint32_t methods = 0;  // bit per http::Method
  std::vector<std::string> other_methods;
  std::vector<PathPattern> paths;  // one of these must match
  std::vector<Condition> query;
  std::vector<Condition> fields;  // names in lower case

  std::vector<std::string>
      body;  // in lower case: patterns, one of which the request's body must match; empty: any body
  std::vector<std::string> events, actions;  // of the upstream's feed; events: it is for these; no actions: any
  std::vector<Condition> resource;           // of the message
  std::vector<std::string> webhooks;  // in lower case: patterns of events; not empty: it is for these, not for requests

  bool writes =
      false;  // the rule has "invalidate"; an empty one says that nothing changes, and later rules are not asked
  bool fallback = false;  // it invalidates only where no other rule with "invalidate" matches

  std::vector<Piece> key;
  std::vector<std::string> held_query;  // parameters whose first value is in the key already, or fixed by the rule
  bool whole_query = false;             // the template says {query}
  bool add_path = false;  // the template does not tell two matching paths apart: the path joins the identity
  std::vector<std::size_t> secret_segments;  // places in the path that hold a secret capture

  bool is_for_requests() const noexcept { return webhooks.empty() && events.empty(); }
  bool takes(const http::RequestHead& request) const noexcept;
};

/// Path, query and fields; binds on success.
bool matches(const Rule::Compiled& rule, const http::RequestHead& request, const PathSegments& path,
             std::string_view query, QueryDecoder& decoder, Bindings& into);
/// A message of the upstream's feed; binds on success.
bool matches(const Rule::Compiled& rule, const Message& message, Bindings& into);
/// Turns what a match bound into captures.
void capture(const Bindings& bindings, Captures& into);

}  // namespace cachearr::rules
