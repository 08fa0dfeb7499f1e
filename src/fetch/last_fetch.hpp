// When an answer was last fetched, kept under a key that a rule names ("last_fetch"): for who wants to know how old
// what it gets can be. Lives in the store like a value that was put there by hand, so that it outlives a restart.
#pragma once

#include <cachearr/clock.hpp>

#include "rules/rule.hpp"
#include "store/store.hpp"

namespace cachearr::fetch {

/// Writes the key, where `rule` names one. Any thread.
void note_last_fetch(store::Store& store, const rules::Rule* rule, const rules::Captures& captures, TimePoint now);

}  // namespace cachearr::fetch
