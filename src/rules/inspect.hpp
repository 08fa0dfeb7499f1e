// What a complete body says by its rule. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "rules/rule.hpp"

namespace cachearr::rules {

/// What a complete, successful body says.
struct BodyVerdict {
  bool refused = false;
  std::string refused_because;
  std::optional<Duration> ttl;  // of the first ttl_from that holds
  std::string ttl_because;      // that one, in words
};
/// The rule's conditions on a body, for whoever reads it, and what follows from those that hold.
std::vector<const BodyCondition*> conditions_of(const Rule& rule);
BodyVerdict verdict_of(const Rule& rule, const std::vector<bool>& holds);
/// Both in one, for a body as it is stored. One that cannot be decoded says nothing.
BodyVerdict inspect_body(const Rule& rule, std::string_view content_encoding, std::string_view body,
                         TimePoint now = {});
/// A condition in words: "json /status = Ended".
std::string words_of(const BodyCondition& condition);
inline bool needs_body(const Rule& rule) noexcept { return !rule.refuse_if.empty() || !rule.ttl_from.empty(); }

}  // namespace cachearr::rules
