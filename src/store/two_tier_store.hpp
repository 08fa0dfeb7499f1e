// Both tiers as one store: answers live in memory and in the slow tier at once, what memory evicts is still there, and
// comes back to memory once it is asked for again.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "store/memory_tier.hpp"
#include "store/slow_tier.hpp"
#include "store/store.hpp"

namespace cachearr::store {

/// Called once. What it is given outlives the tier.
using MakeSlowTier = std::function<std::unique_ptr<SlowTier>(BanList& bans, MemoryTier& memory)>;

/// Whether text is packed on its way to the slow tier; told while the store works.
using PacksPtr = std::shared_ptr<std::atomic<bool>>;
/// `packs`: what Store::set_compression() sets; null: nothing.
std::unique_ptr<Store> make_two_tier_store(std::uint64_t memory_max, const MakeSlowTier& make_slow, const Clock& clock,
                                           PacksPtr packs = nullptr);

}  // namespace cachearr::store
