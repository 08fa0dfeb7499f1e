// Which stored responses have been invalidated but not yet swept away: numbered bans, checked at each lookup until the
// sweep is through. Thread-safe; the check costs a hit one comparison while nothing is open.
//
// Each invalidation gets the next generation number; each entry carries the number that was current when it was stored
// (or asked for). A ban speaks of the entries with a smaller number only, so what is fetched afterwards is never hit
// by it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <vector>

#include "store/entry.hpp"
#include "store/store.hpp"

namespace cachearr::store {

enum class Validity : std::uint8_t { valid, stale, gone };

/// What a ban has to know of a stored response, in memory or on disk.
struct BanTarget {
  std::string_view key;
  std::string_view upstream;
  std::span<const std::uint64_t> tags;
  std::uint32_t generation = 0;
};
BanTarget target_of(const Entry& entry) noexcept;

struct Ban {
  std::uint32_t generation = 0;
  Invalidation what;
  std::uint64_t tag = 0;  // hash of the tag, where one is selected

  /// Whether it names the target, whenever that was stored.
  bool names(const BanTarget& target) const noexcept;
  bool names_family() const noexcept { return what.kind == Invalidation::Kind::key_family; }
  /// Whether its text is a key: then key_hash_of() finds what it names.
  bool names_key() const noexcept { return what.kind == Invalidation::Kind::key || names_family(); }
  bool hits(const BanTarget& target) const noexcept { return target.generation < generation && names(target); }
};
Ban make_ban(std::uint32_t generation, const Invalidation& what);
/// The worst that `bans` (oldest first) say of the target.
Validity validity_by(std::span<const Ban> bans, const BanTarget& target) noexcept;

class BanList {
 public:
  std::uint32_t current() const noexcept { return current_.load(std::memory_order_acquire); }
  /// In force from now on.
  Ban add(const Invalidation& what);
  /// With a disk tier: begins beyond all numbers of earlier processes (the time in seconds does), and remembers every
  /// ban until swept_on_disk() has heard of it. REQUIRES: nothing added or stamped yet.
  void start_at(std::uint32_t generation);
  /// The file has been opened: its bans join those known, and all of them are to be swept there. `newest` is its last
  /// number.
  void restore(std::vector<Ban> bans, std::uint32_t newest);

  /// For what has been in the tier since before: looks only at bans that are not swept yet.
  Validity validity(const Entry& entry) const noexcept {
    return entry.generation() >= open_until_.load(std::memory_order_acquire) ? Validity::valid : validity_by_all(entry);
  }
  /// For an answer that was under way: all bans since its generation; `gone` where they are not remembered that far
  /// back.
  Validity validity_of_newcomer(const BanTarget& target) const noexcept;
  /// For what the disk tier holds: all remembered bans since its generation; those not swept there are always
  /// remembered.
  Validity validity_on_disk(const BanTarget& target) const noexcept;
  /// By the bans up to this generation alone.
  Validity validity_until(std::uint32_t newest, const BanTarget& target) const noexcept;

  /// The bans not yet swept, oldest first.
  std::vector<Ban> open() const;
  /// Those not yet swept in the disk tier, up to the generation `newest`.
  std::vector<Ban> open_on_disk(std::uint32_t newest = std::numeric_limits<std::uint32_t>::max()) const;
  /// No entry that a ban up to this generation hits is left in memory.
  void swept(std::uint32_t generation);
  /// The same for the disk tier.
  void swept_on_disk(std::uint32_t generation);

 private:
  Validity validity_by_all(const Entry& entry) const noexcept;
  void forget_old();

  std::atomic<std::uint32_t> current_{1};
  std::atomic<std::uint32_t> open_until_{0};  // newest generation not yet swept; 0: none
  mutable std::shared_mutex mutex_;           // guards the rest
  std::deque<Ban> bans_;                      // ascending; the swept ones are kept for answers that are still under way
  std::uint32_t swept_ = 0;
  std::uint32_t swept_on_disk_ = ~std::uint32_t{0};
  std::uint32_t forgotten_ = 0;  // newest generation whose ban is no longer known
};

}  // namespace cachearr::store
