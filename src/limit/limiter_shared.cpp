// Limits that several instances share: what a limiter does about a draw that others have decided.
#include <algorithm>

#include "limit/limiter.hpp"

namespace cachearr::limit {
namespace {

/// What all have left is told with each beat. A lane that is forgotten has none: then this instance knows its own
/// alone.
constexpr Duration kLeftHolds{60'000};

void take_newest(std::vector<QuotaRun>& runs, std::uint64_t count) {
  while (count > 0 && !runs.empty()) {
    auto& newest = runs.back();
    const auto part = std::min(count, newest.count);
    count -= part;
    newest.count -= part;
    if (newest.count == 0) runs.pop_back();
  }
}

}  // namespace

void Limiter::later_shared(Availability& result, TimePoint now, Priority priority, bool grab,
                           std::uint64_t position) const {
  const auto& held = held_[grab ? 1 : 0][static_cast<std::size_t>(priority)];
  if (held.at > result.at) result = held;
  if (!share_) return;
  const auto part = share_->ready_at(now, grab, position, kept_tokens(priority));
  if (part.at > result.at) result = part;
}

void Limiter::hold(Priority priority, bool grab, TimePoint until, Why why) noexcept {
  auto& held = held_[grab ? 1 : 0];
  for (auto i = static_cast<std::size_t>(priority); i < held.size(); ++i) {
    if (until > held[i].at) held[i] = {until, why};
  }
}

void Limiter::confirm(Ticket ticket) noexcept {
  const auto found = in_flight_.find(ticket);
  if (found != in_flight_.end()) found->second.confirmed = true;
}

void Limiter::refund(TimePoint now, const Waiter& waiter) {
  now = settle_clock(now);
  const auto found = in_flight_.find(waiter.ticket);
  if (found == in_flight_.end()) return;
  const auto went = found->second;
  in_flight_.erase(found);
  health_.breaker.abandoned(went.probe);
  bucket_.refund();
  give_back_quota(went.since, waiter.grab);
  if (went.within_share && share_) share_->refund(waiter.grab);
  queue_.put_back(waiter);
}

bool Limiter::is_within_share(Ticket ticket) const noexcept {
  const auto found = in_flight_.find(ticket);
  return found != in_flight_.end() && found->second.within_share;
}

void Limiter::set_share(TimePoint now, const std::optional<ShareConfig>& config) {
  now = settle_clock(now);
  held_ = {};
  if (config) left_for_all_.clear();
  share_ = config ? std::make_unique<Share>(*config, config_, now) : nullptr;
}

std::vector<std::vector<QuotaRun>> Limiter::runs(TimePoint now) const {
  now = std::max(now, last_);
  std::vector<std::vector<QuotaRun>> all;
  for (const auto& quota : quotas_) {
    const auto open = std::count_if(in_flight_.begin(), in_flight_.end(), [&](const auto& each) {
      return !each.second.confirmed && counts(quota.config().scope, each.second.grab);
    });
    take_newest(all.emplace_back(quota.runs(now)), static_cast<std::uint64_t>(open));
  }
  return all;
}

/// What others have spent is told as a number alone: some of it comes back within a whole period.
QuotaSnapshot Limiter::snapshot_of(std::size_t index, TimePoint now) const {
  const Quota& quota = quotas_[index];
  const auto& config = quota.config();
  QuotaSnapshot out{config.per,          config.limit, quota.remaining(now),
                    quota.reset_at(now), false,        config.scope == LimitScope::grab};
  const bool is_known = index < left_for_all_.size() && now - left_noted_ <= kLeftHolds;
  if (!is_known || left_for_all_[index] >= out.remaining) return out;
  out.remaining = left_for_all_[index];
  if (out.reset <= now) out.reset = now + config.per;
  return out;
}

}  // namespace cachearr::limit
