#include "shared/roster.hpp"

#include <algorithm>

namespace cachearr::shared {

namespace {

constexpr double kNanoTokens = 1e9;

std::uint64_t less(std::uint64_t from, std::uint64_t taken) noexcept { return from - std::min(from, taken); }

}  // namespace

std::string_view to_words(Standing standing) noexcept {
  switch (standing) {
    case Standing::joining: return "joining";
    case Standing::connected: return "connected";
    case Standing::cut_off: return "cut off";
    case Standing::away: return "away";
  }
  return "";
}

Duration lent_for(const LaneLimits& limits) noexcept {
  auto longest = kLent;
  for (const auto& quota : limits.quotas) longest = std::max(longest, quota.per + Duration{2'000});
  return longest;
}

LaneMember::Call LaneMember::begin_call(TimePoint void_after, std::size_t known_members) {
  const auto grace = grace_of(std::max(members_, known_members));
  away_at_ = std::max(away_at_, void_after + grace);
  return {++calls_, confirmed_, grace};
}

void LaneMember::answered(std::uint64_t number, const DrawAnswer& answer) {
  if (!may_call() || number <= confirmed_ || answer.verdict == Verdict::late) return;
  if (answer.verdict == Verdict::merge) {
    standing_ = Standing::joining;
    return;
  }
  standing_ = Standing::connected;
  confirmed_ = number;
  members_ = answer.members;
  merged_ = answer.lane;
  offers_ = answer.offers;
  was_let_go_ = false;
}

void LaneMember::cut_off() noexcept {
  if (may_call()) standing_ = Standing::cut_off;
}

bool LaneMember::tick(TimePoint now) noexcept {
  if (standing_ != Standing::cut_off || now < away_at_) return false;
  standing_ = Standing::away;
  return true;
}

void LaneMember::stand_still(TimePoint until) noexcept {
  standing_ = Standing::cut_off;
  away_at_ = std::max(away_at_, until);
}

void LaneMember::rejoin() noexcept {
  standing_ = Standing::joining;
  merged_.clear();
  was_let_go_ = was_let_go_ || !offers_.empty();
  offers_.clear();
  // Answers to what was asked before come too late.
  confirmed_ = calls_;
}

limit::ShareConfig LaneMember::share(const LaneLimits& limits, const Otherwise& otherwise) const {
  if (!has_offers(limits)) {
    auto equal = equal_share(limits, otherwise);
    if (was_let_go_)
      for (auto& part : equal.quotas) part.first = 0;  // others may have been given what was left
    return equal;
  }
  limit::ShareConfig share;
  share.per_second = static_cast<double>(offers_[0]) / kNanoTokens;
  share.burst = static_cast<std::uint32_t>(offers_[1]);
  // Calls without an answer may have been granted; the server takes each grant off the share.
  for (std::size_t i = 0; i < limits.quotas.size(); ++i)
    share.quotas.push_back({less(offers_[2 + 2 * i], calls_ - confirmed_), offers_[3 + 2 * i]});
  return share;
}

limit::ShareConfig equal_share(const LaneLimits& limits, const LaneMember::Otherwise& otherwise) {
  const std::uint64_t members = std::max<std::size_t>(1, otherwise.members);
  limit::ShareConfig share;
  const auto nano_tokens = limits.nano_tokens / members;
  share.per_second = static_cast<double>(nano_tokens) / kNanoTokens;
  share.burst = static_cast<std::uint32_t>(limits.burst / members);
  for (std::size_t i = 0; i < limits.quotas.size(); ++i) {
    const auto part = limits.quotas[i].limit / members;
    const auto used = i < otherwise.used.size() ? otherwise.used[i] : 0;
    share.quotas.push_back({less(part, used), part});
  }
  return share;
}

}  // namespace cachearr::shared
