// Lifetimes that are learned where a rule says so: longer while the same body comes back, shorter once it has changed.
// Pure.
#pragma once

#include <span>
#include <string_view>

#include "caching/storing.hpp"
#include "limit/ttl.hpp"
#include "rules/rule_set.hpp"
#include "store/entry.hpp"

namespace cachearr::fetch {

/// `entry`: the stored response, or null; `pieces`: the body that came.
limit::Refetch compare_bodies(const store::EntryPtr& entry, std::span<const std::string_view> pieces) noexcept;
/// Sets the lifetime that follows from it, where `rule` has one to learn.
void learn_lifetime(const rules::Rule* rule, const store::EntryPtr& entry, limit::Refetch outcome,
                    caching::StoreVerdict& verdict) noexcept;

}  // namespace cachearr::fetch
