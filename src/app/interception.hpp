// The local authority as the running program uses it: loaded at start and at each reload. Main or admin thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "authority/leaf_cache.hpp"
#include "rules/rule_set.hpp"

namespace cachearr::app {

using LeavesPtr = std::shared_ptr<authority::LeafCache>;

/// The leaves to intercept with; null where interception is off or impossible (the notes say why). An authority is made
/// where the configuration wants interception in so many words and there is none. `current` stays where its authority
/// is still the one on disk, so that clients keep their sessions.
LeavesPtr load_leaves(const Config& config, const rules::RuleSet& rules, const Clock& clock, const LeavesPtr& current);

/// What is wrong with the authority now, a sentence each. Without leaves it reads the authority's files.
std::vector<std::string> interception_problems(const Config& config, const rules::RuleSet& rules,
                                               const authority::LeafCache* leaves, TimePoint now);

/// Says in the log what is intercepted with which authority, and the problems.
void log_interception(const rules::RuleSet& rules, const authority::LeafCache* leaves,
                      const std::vector<std::string>& problems);

}  // namespace cachearr::app
