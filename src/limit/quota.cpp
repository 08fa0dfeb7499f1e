#include "limit/quota.hpp"

#include <algorithm>

namespace cachearr::limit {
namespace {

constexpr std::uint64_t kMaxRuns = 1'024;
constexpr Duration kMostSlack{2'000};

}  // namespace

Quota::Quota(const QuotaConfig& config, TimePoint now) : config_{config} {
  config_.per = std::max(config_.per, Duration{1});
  ends_ = window_end(now);
}

Duration Quota::slack() const noexcept { return std::min(config_.per / 60, kMostSlack); }

TimePoint Quota::window_end(TimePoint now) const noexcept {
  const auto since_epoch = (now - slack()).time_since_epoch();
  return TimePoint{(since_epoch / config_.per + 1) * config_.per} + slack();
}

void Quota::roll(TimePoint now) {
  while (!runs_.empty() && frees_at(runs_.front()) <= now) runs_.pop_front();
  if (now < ends_) return;
  used_ = now < ends_ + config_.per ? late_ : 0;
  late_ = 0;
  ends_ = window_end(now);
}

void Quota::take(TimePoint now, Priority priority) {
  if (priority == Priority::background) last_background_ = std::max(last_background_, now);
  add(now, 1);
}

void Quota::refund() noexcept {
  used_ -= std::min<std::uint64_t>(used_, 1);
  late_ = std::min(late_, used_);
  if (runs_.empty() || --runs_.back().count > 0) return;
  runs_.pop_back();
}

void Quota::refund(TimePoint taken) noexcept {
  if (config_.fixed) {
    if (taken + config_.per < ends_) return;  // its window is over
    used_ -= std::min<std::uint64_t>(used_, 1);
    if (taken >= ends_ - 2 * slack()) late_ -= std::min<std::uint64_t>(late_, 1);
    late_ = std::min(late_, used_);
    return;
  }
  const auto run = std::find_if(runs_.begin(), runs_.end(),
                                [taken](const Run& each) { return each.first <= taken && taken <= each.last; });
  if (run != runs_.end() && --run->count == 0) runs_.erase(run);
}

std::vector<QuotaRun> Quota::runs(TimePoint now) const {
  std::vector<QuotaRun> runs;
  for (const auto& run : runs_) {
    if (frees_at(run) > now) runs.push_back({run.last, run.count});
  }
  if (!config_.fixed) return runs;
  const auto end = ends_ - slack();
  if (now < ends_ && used_ > late_) runs.push_back({end - config_.per + slack(), used_ - late_});
  if (now < ends_ + config_.per && late_ > 0) runs.push_back({end - slack(), late_});
  return runs;
}

void Quota::charge(TimePoint now, std::uint64_t requests) { add(now, requests); }

void Quota::add(TimePoint now, std::uint64_t requests) {
  roll(now);
  if (!config_.fixed) return add_rolling(now, requests);
  used_ += requests;
  if (now >= ends_ - 2 * slack()) late_ += requests;
}

void Quota::add_rolling(TimePoint now, std::uint64_t requests) {
  const auto grain = config_.limit > kMaxRuns ? config_.per / static_cast<std::int64_t>(kMaxRuns) : Duration{};
  if (!runs_.empty() && (now <= runs_.back().last || now < runs_.back().first + grain)) {
    runs_.back().last = std::max(runs_.back().last, now);
    runs_.back().count += requests;
  } else {
    runs_.push_back({now, now, requests});
  }
}

std::uint64_t Quota::used(TimePoint now) const {
  if (config_.fixed) {
    if (now < ends_) return used_;
    return now < ends_ + config_.per ? late_ : 0;
  }
  std::uint64_t sum = 0;
  for (const auto& run : runs_) {
    if (frees_at(run) > now) sum += run.count;
  }
  return sum;
}

std::uint64_t Quota::remaining(TimePoint now) const { return config_.limit - std::min(config_.limit, used(now)); }

TimePoint Quota::reset_at(TimePoint now) const {
  if (config_.fixed) return now < ends_ ? ends_ : window_end(now);
  for (const auto& run : runs_) {
    if (frees_at(run) > now) return frees_at(run);
  }
  return now;
}

TimePoint Quota::place_at(TimePoint now, std::uint64_t limit, std::uint64_t position) const {
  if (limit == 0) return now + config_.per;
  const auto spent = used(now);
  if (spent + position <= limit) return now;
  const auto wanted = position - (limit - std::min(limit, spent));
  return config_.fixed ? fixed_place_at(now, limit, wanted) : rolling_place_at(now, spent + position - limit);
}

TimePoint Quota::fixed_place_at(TimePoint now, std::uint64_t limit, std::uint64_t wanted) const {
  const auto carried = now < ends_ ? std::min(limit, late_) : 0;
  if (wanted <= limit - carried) return reset_at(now);
  const auto windows = static_cast<std::int64_t>((wanted - (limit - carried) - 1) / limit + 1);
  return reset_at(now) + windows * config_.per;
}

TimePoint Quota::rolling_place_at(TimePoint now, std::uint64_t wanted) const {
  for (const auto& run : runs_) {
    if (frees_at(run) <= now) continue;
    if (run.count >= wanted) return frees_at(run);
    wanted -= run.count;
  }
  return now + config_.per + slack();
}

TimePoint Quota::paced_at(TimePoint now, std::uint64_t limit) const {
  const auto spent = used(now);
  if (spent >= limit || last_background_ == TimePoint{}) return now;
  const auto left = config_.fixed ? reset_at(now) - last_background_ : config_.per;
  return std::max(now, last_background_ + left / static_cast<std::int64_t>(limit - spent));
}

TimePoint Quota::ready_at(TimePoint now, Priority priority, std::uint64_t position) const {
  if (priority == Priority::interactive) return place_at(now, config_.limit, position);
  const auto limit = config_.limit - std::min(config_.limit, config_.reserve);
  const auto place = place_at(now, limit, position);
  return priority == Priority::feed ? place : std::max(place, paced_at(now, limit));
}

void Quota::save(StateWriter& to) const {
  to.number(used_);
  to.number(late_);
  to.time(ends_);
  to.time(last_background_);
  to.number(runs_.size());
  for (const auto& run : runs_) {
    to.time(run.first);
    to.time(run.last);
    to.number(run.count);
  }
}

void Quota::load(StateReader& from) {
  used_ = from.number();
  late_ = from.number();
  ends_ = from.time();
  last_background_ = from.time();
  const auto count = from.number();
  runs_.clear();
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    const auto first = from.time();
    const auto last = from.time();
    runs_.push_back({first, last, from.number()});
  }
  if (!from.ok()) runs_.clear();
}

}  // namespace cachearr::limit
