#include "upkeep/shared_health.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/iso_time.hpp"
#include "base/units.hpp"

namespace cachearr::upkeep {

namespace {

using Severity = HealthNote::Severity;
using Notes = std::vector<HealthNote>;

constexpr std::uint64_t kCrowdedShare = 75, kFullShare = 90;
constexpr Duration kMostOffset{2'000}, kGapIsNews{3'600'000}, kMissing{30'000};

void note(Notes& notes, Severity severity, std::string message) {
  notes.push_back({severity, "Shared", std::move(message), severity == Severity::notice ? "" : "shared"});
}

void note_memory(const shared::TierStatus& tier, Notes& notes) {
  const auto percent = tier.max_bytes == 0 ? 0 : tier.used_bytes * 100 / tier.max_bytes;
  if (percent > kFullShare) {
    note(notes, Severity::warning,
         "the Redis is full to " + std::to_string(percent) + " %: no answer is shared any more, invalidations are");
  } else if (percent > kCrowdedShare) {
    note(notes, Severity::notice,
         "the Redis is full to " + std::to_string(percent) + " % of its " + format_size(tier.max_bytes));
  }
  if (tier.eviction.starts_with("allkeys-"))
    note(notes, Severity::notice,
         "the Redis may remove anything when it is full (maxmemory-policy " + tier.eviction +
             "), the counts of limits included: use volatile-lru or volatile-ttl");
  if (tier.max_bytes == 0 && !tier.eviction.empty())
    note(notes, Severity::notice, "the Redis has no limit of its memory (maxmemory 0)");
}

void note_agreement(const shared::TierStatus& tier, TimePoint now, Notes& notes) {
  if (tier.offset > kMostOffset || tier.offset < -kMostOffset)
    note(notes, Severity::notice,
         "the clocks of the Redis and of this machine are " + std::to_string(std::abs(tier.offset.count()) / 1000) +
             " s apart: times of shared answers are corrected by that");
  if (tier.gap_at != TimePoint{} && now - tier.gap_at < kGapIsNews)
    note(notes, Severity::notice,
         "invalidations of other instances were lost (" + iso_time(tier.gap_at) +
             "): everything older is asked for again");
  for (const auto& member : tier.members)
    if (!member.is_self && member.seen != TimePoint{} && now - member.seen > kMissing)
      note(
          notes, Severity::notice,
          member.name + " has not been seen since " + iso_time(member.seen) +
              " and did not say goodbye: its part of shared limits is held for it for a quarter of an hour, of a quota "
              "for its window");
  const auto self =
      std::find_if(tier.members.begin(), tier.members.end(), [](const auto& each) { return each.is_self; });
  for (const auto& member : tier.members)
    if (self != tier.members.end() && !member.rules.empty() && !self->rules.empty() && member.rules != self->rules)
      note(notes, Severity::notice,
           member.name + " has other rules than this instance: the two share only what their rules agree on");
}

}  // namespace

void note_shared(const HealthInputs& inputs, Notes& notes) {
  if (!inputs.shared_problem.empty()) note(notes, Severity::warning, inputs.shared_problem);
  if (!inputs.shared) return;
  const auto& tier = *inputs.shared;
  if (!tier.ready && !tier.problem.empty())
    note(notes, Severity::warning, "nothing is shared with other instances (" + tier.server + "): " + tier.problem);
  for (const auto& refusal : tier.refusals)
    note(notes, Severity::warning, "the Redis does not permit what sharing answers needs: " + refusal);
  if (tier.up && tier.breaker_open && tier.refusals.empty())
    note(notes, Severity::notice, "the Redis answers too slowly: it is not asked for answers until it is quick again");
  if (!tier.up) return;
  if (!tier.limits_problem.empty())
    note(notes, Severity::warning,
         "limits are not shared with other instances, each goes by its part of them: the Redis refuses (" +
             tier.limits_problem + ")");
  note_memory(tier, notes);
  note_agreement(tier, inputs.now, notes);
}

}  // namespace cachearr::upkeep
