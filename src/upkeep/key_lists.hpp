// Which keys are worth knowing about: asked for most, saving most, near their end, hardly ever hit. Picked out of any
// number of stored responses in bounded memory. Pure; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "rules/rule_set.hpp"
#include "store/store.hpp"
#include "upkeep/rule_rates.hpp"
#include "upkeep/savings.hpp"

namespace cachearr::upkeep {

/// One stored response and how it is used. Two of one key are its variants.
struct KeyUse {
  std::string key, type, upstream;
  store::EntryMeta meta;
  store::FetchCost cost;
  std::uint64_t bytes = 0;  // of head and body
  std::uint32_t hits = 0, fetches = 1;

  /// Since it was first stored.
  std::uint64_t requests() const noexcept { return std::uint64_t{hits} + fetches; }
  /// Percent.
  double hit_rate() const noexcept { return 100.0 * hits / static_cast<double>(requests()); }
  Saved saved() const noexcept;
};

struct KeyLists {
  static constexpr std::size_t kMost = 200;  // in each list
  /// A rate of fewer requests says nothing.
  static constexpr std::uint64_t kEnoughRequests = 20;
  static constexpr std::size_t kPercents = 101;

  TimePoint at{};                                  // when they were made
  Duration took{};                                 // to make them
  std::uint64_t keys = 0;                          // that were looked at
  std::vector<KeyUse> by_hits, by_bytes, by_time;  // what was saved by hits: the most first
  std::vector<KeyUse> expiring;                    // fresh ones, the next to end first
  std::vector<KeyUse> low;                         // of enough requests, the lowest rate first
  std::array<std::uint64_t, kPercents> rates{};    // how many of enough requests have which rate, in whole percents
  std::vector<RuleRate> rules;                     // of keys of enough requests

  /// How many keys of enough requests have a lower rate.
  std::uint64_t below(std::uint32_t percent) const noexcept;
  /// The first of them.
  std::vector<std::string> names_below(std::uint32_t percent, std::size_t most) const;
};

class KeyPicker {
 public:
  /// `rules`: those that keys are counted for, too.
  KeyPicker(TimePoint now, const rules::RuleSet& rules) : now_ms_{now.time_since_epoch().count()}, rules_{rules} {
    lists_.at = now;
  }
  void offer(const store::KeyView& view);
  KeyLists finish();

 private:
  /// The best of what was offered; a heap, the worst first.
  class Best {
   public:
    bool wants(std::uint64_t rank) const noexcept;
    void add(std::uint64_t rank, const store::KeyView& view);
    std::vector<KeyUse> finish();

   private:
    struct Candidate {
      std::uint64_t rank;
      KeyUse use;
    };
    static bool better(const Candidate& a, const Candidate& b) noexcept;
    std::vector<Candidate> heap_;
  };

  std::int64_t now_ms_;
  RuleRates rules_;
  KeyLists lists_;
  Best hits_, bytes_, time_, expiring_, low_;
};

}  // namespace cachearr::upkeep
