// Where a lifetime comes from, in words: what a rule would give, and what gave a stored answer its own. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/request_context.hpp"
#include "rules/rule_set.hpp"
#include "store/entry.hpp"

namespace cachearr::admin {

/// What the rule of a request says of storing its answer: type, policy, TTL and where it comes from, stale windows,
/// tags.
void add_rule_verdict(const pipeline::RequestContext& context, nlohmann::ordered_json& json);

/// Which contents of an answer give another TTL than the rule's own, and the bounds within which one is learned.
void add_ttl_choices(const rules::Rule& rule, nlohmann::ordered_json& json);

/// "json /status = Ended", "learned", "rule", "heuristic" or "origin": by the rule that is in force now, and by the
/// moment at which the answer came.
std::string lifetime_source(const store::Entry& entry, const rules::Rule* rule);

}  // namespace cachearr::admin
