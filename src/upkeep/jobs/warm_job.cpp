#include "upkeep/jobs/warm_job.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace cachearr::upkeep {

using Kind = fetch::ErrandResult::Kind;

namespace {

constexpr unsigned kMostFailures = 5;      // in a row: nothing more is asked of an upstream that does not answer
constexpr std::uint64_t kFailedShare = 5;  // more than a fifth failed: so has the job

std::string without_access_text(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return "no credential is known for " + list + " (\"api_key_file\" in its rules names one)";
}

}  // namespace

std::string_view name_of(WarmJob::State state) noexcept {
  constexpr std::array<std::string_view, 4> kNames = {"running", "done", "failed", "cancelled"};
  return kNames[static_cast<std::size_t>(state)];
}

double pace_of(std::uint64_t steps, Duration took) noexcept {
  return took.count() <= 0 ? 0 : static_cast<double>(steps) * 60'000 / static_cast<double>(took.count());
}

std::optional<TimePoint> ends_about(const WarmJob& job, double per_minute, TimePoint now) {
  if (job.state != WarmJob::State::running || !job.total_is_known || per_minute <= 0) return std::nullopt;
  const auto left = static_cast<double>(job.total - std::min(job.total, job.done()));
  const auto at = now + Duration{static_cast<Duration::rep>(left * 60'000 / per_minute)};
  return std::max(at, job.waits_until.value_or(at));
}

WarmRun::WarmRun(WarmJob job, WarmPlan plan)
    : job_{std::move(job)}, lists_{std::move(plan.lists)}, lists_left_{lists_.size()} {
  for (std::size_t i = 0; i < lists_.size(); ++i) append(lists_[i].list, i);
  for (const auto& step : plan.steps) {
    const bool is_list = std::any_of(lists_.begin(), lists_.end(), [&](const auto& each) { return each.list == step; });
    if (!is_list) append(step, std::nullopt);
  }
  if (!plan.without_access.empty())
    job_.problem = plan.bad_key.empty() ? without_access_text(plan.without_access) : plan.bad_key;
  settle(job_.began);
  if (is_over() && job_.problem.empty())
    job_.problem = "there is nothing to ask: no upstream that says what to warm up has an \"origin\"";
  if (is_over() && job_.total == 0) job_.state = WarmJob::State::failed;
}

WarmRun::Lane& WarmRun::lane(const std::string& upstream) {
  const auto found =
      std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& each) { return each.upstream == upstream; });
  if (found != lanes_.end()) return *found;
  lanes_.push_back({upstream, {}, 0, false, {}, 0});
  return lanes_.back();
}

void WarmRun::append(const WarmStep& step, std::optional<std::size_t> list) {
  lane(step.upstream).items.push_back({step.target, list});
  ++job_.total;
}

std::optional<WarmRun::Errand> WarmRun::next(TimePoint now, const std::set<std::string>& busy) {
  if (is_over()) return std::nullopt;
  for (auto& each : lanes_) {
    if (each.is_through() || each.asked || busy.contains(each.upstream)) continue;
    if (each.not_before && *each.not_before > now) continue;
    each.asked = true;
    each.not_before.reset();
    const auto& item = each.items[each.next];
    return Errand{each.upstream, item.target, item.list};
  }
  return std::nullopt;
}

std::optional<TimePoint> WarmRun::look_again_at() const {
  std::optional<TimePoint> first;
  for (const auto& each : lanes_)
    if (!each.is_through() && !each.asked && each.not_before)
      first = std::min(first.value_or(*each.not_before), *each.not_before);
  return is_over() ? std::nullopt : first;
}

void WarmRun::count(Kind kind) {
  switch (kind) {
    case Kind::fetched: ++job_.fetched; break;
    case Kind::fresh: ++job_.fresh; break;
    case Kind::left_out: ++job_.left_out; break;
    case Kind::failed: ++job_.failed; break;
    case Kind::later: break;
  }
}

void WarmRun::list_failed() {
  lacks_list_ = true;
  --lists_left_;
}

/// The rest of a lane will not be asked.
void WarmRun::give_up(Lane& lane) {
  for (; !lane.is_through(); ++lane.next) {
    ++job_.failed;
    if (lane.items[lane.next].list) list_failed();
  }
}

void WarmRun::took(const std::string& upstream, const fetch::ErrandResult& result, TimePoint now) {
  auto& of = lane(upstream);
  if (!of.asked) return;
  of.asked = false;
  if (result.kind == Kind::later) {
    of.not_before = result.at;
    return settle(now);
  }
  const bool failed = result.kind == Kind::failed;
  const bool is_list = of.items[of.next].list.has_value();
  const bool has_list = result.kind == Kind::fetched || result.kind == Kind::fresh;
  count(result.kind);
  ++of.next;
  of.failures = failed ? of.failures + 1 : 0;
  if (!result.why.empty()) job_.problem = upstream + ": " + result.why;
  if (is_list && !has_list) list_failed();
  if (of.failures >= kMostFailures) give_up(of);
  if (!is_list || !has_list) settle(now);  // else add() follows
}

void WarmRun::add(std::size_t list, std::optional<std::vector<WarmStep>> steps, TimePoint now) {
  if (is_over()) return;
  if (steps) {
    --lists_left_;
    for (const auto& step : *steps) append(step, std::nullopt);
  } else {
    list_failed();
    job_.problem = lists_.at(list).list.upstream + " has sent something else than a list";
  }
  settle(now);
}

void WarmRun::cancel(TimePoint now) {
  if (is_over()) return;
  job_.state = WarmJob::State::cancelled;
  job_.ended = now;
  job_.waits_until.reset();
}

/// What follows from how the lanes stand.
void WarmRun::settle(TimePoint now) {
  if (is_over()) return;
  job_.total_is_known = lists_left_ == 0;
  const bool asks = std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& each) { return each.asked; });
  const bool goes_on = std::any_of(lanes_.begin(), lanes_.end(),
                                   [](const Lane& each) { return !each.is_through() && !each.not_before; });
  job_.waits_until = asks || goes_on ? std::nullopt : look_again_at();
  const bool through = std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& each) { return each.is_through(); });
  if (!through || lists_left_ > 0) return;
  const bool failed = lacks_list_ || job_.failed * kFailedShare > job_.total;
  job_.state = failed ? WarmJob::State::failed : WarmJob::State::done;
  job_.ended = now;
  if (!failed && !job_.wish.id.empty() && !lists_.empty() && job_.total == lists_.size())
    job_.problem = "nothing in the lists has the id " + job_.wish.id;
}

}  // namespace cachearr::upkeep
