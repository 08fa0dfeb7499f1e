// Which stored responses have been invalidated but not yet swept away: numbered rules, checked at each lookup until the
// sweep is through. Thread-safe; the check costs a hit one comparison while nothing is open.
//
// Each invalidation gets the next generation number; each entry carries the number that was current when it was stored
// (or asked for). A rule speaks of the entries with a smaller number only, so what is fetched afterwards is never hit
// by it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <vector>

#include "store/entry.hpp"
#include "store/store.hpp"

namespace cachearr::store {

enum class Standing : std::uint8_t { valid, stale, gone };

/// What a selector has to know of a stored response, in memory or on disk.
struct Subject {
  std::string_view key;
  std::string_view upstream;
  std::span<const std::uint64_t> tags;
  std::uint32_t generation = 0;
};
Subject subject_of(const Entry& entry) noexcept;

struct Invalidation {
  std::uint32_t generation = 0;
  Selector selector;
  std::uint64_t tag = 0;  // hash of the tag, where one is selected

  /// Whether the selector names it, whenever it was stored.
  bool names(const Subject& subject) const noexcept;
  bool hits(const Subject& subject) const noexcept { return subject.generation < generation && names(subject); }
};
Invalidation make_invalidation(std::uint32_t generation, const Selector& selector);
/// The worst that `rules` (oldest first) say of the subject.
Standing judge(std::span<const Invalidation> rules, const Subject& subject) noexcept;

class Invalidations {
 public:
  std::uint32_t current() const noexcept { return current_.load(std::memory_order_acquire); }
  /// In force from now on.
  Invalidation add(const Selector& selector);
  /// With a disk tier: begins beyond all numbers of earlier processes (the time in seconds does), and remembers every
  /// rule until swept_on_disk() has heard of it. REQUIRES: nothing added or stamped yet.
  void start_at(std::uint32_t generation);
  /// The file has been opened: its rules join those known, and all of them are to be swept there. `newest` is its last
  /// number.
  void restore(std::vector<Invalidation> rules, std::uint32_t newest);

  /// For what has been in the tier since before: looks only at rules that are not swept yet.
  Standing standing(const Entry& entry) const noexcept {
    return entry.generation() >= open_until_.load(std::memory_order_acquire) ? Standing::valid : judge_all(entry);
  }
  /// For an answer that was under way: all rules since its generation; `gone` where they are not remembered that far
  /// back.
  Standing standing_of_newcomer(const Subject& subject) const noexcept;
  /// For what the disk tier holds: all remembered rules since its generation; those not swept there are always
  /// remembered.
  Standing standing_on_disk(const Subject& subject) const noexcept;
  /// By the rules before this generation alone.
  Standing standing_before(std::uint32_t generation, const Subject& subject) const noexcept;

  /// The rules not yet swept, oldest first.
  std::vector<Invalidation> open() const;
  /// The same for the disk tier.
  std::vector<Invalidation> open_on_disk() const;
  /// No entry that a rule up to this generation hits is left in memory.
  void swept(std::uint32_t generation);
  /// The same for the disk tier.
  void swept_on_disk(std::uint32_t generation);

 private:
  Standing judge_all(const Entry& entry) const noexcept;
  void forget_old();

  std::atomic<std::uint32_t> current_{1};
  std::atomic<std::uint32_t> open_until_{0};  // newest generation not yet swept; 0: none
  mutable std::shared_mutex mutex_;           // guards the rest
  std::deque<Invalidation> rules_;            // ascending; the swept ones are kept for answers that are still under way
  std::uint32_t swept_ = 0;
  std::uint32_t swept_on_disk_ = ~std::uint32_t{0};
  std::uint32_t forgotten_ = 0;  // newest generation whose rule is no longer known
};

}  // namespace cachearr::store
