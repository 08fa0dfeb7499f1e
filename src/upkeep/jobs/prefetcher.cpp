#include "upkeep/jobs/prefetcher.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.hpp"
#include "base/thread_name.hpp"

namespace cachearr::upkeep {

using Trigger = PrefetchConfig::Trigger;

namespace {

constexpr Duration kPrefetchTick{1000};
constexpr int kLookShare = 100;
constexpr std::size_t kMostWatched = 20'000;

}  // namespace

Prefetcher::Prefetcher(Parts parts) : parts_{std::move(parts)} {}

void Prefetcher::start() {
  thread_ = std::jthread{[this](const std::stop_token& stop) {
    name_thread("prefetch");
    run(stop);
  }};
}

void Prefetcher::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

PrefetchStatus Prefetcher::status() const {
  const std::lock_guard lock{mutex_};
  return status_;
}

void Prefetcher::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    for (const auto& arrived : results_->take(stop, kPrefetchTick)) take(arrived);
    if (!stop.stop_requested()) step();
  }
}

void Prefetcher::step() {
  for (const auto& arrived : results_->take()) take(arrived);
  const auto now = parts_.clock.now();
  const auto snapshot = parts_.current();
  follow_settings(snapshot->settings->config.cache, now);
  begin_rounds(now);
  send(now);
  const std::lock_guard lock{mutex_};
  status_.watched = watched_.size();
  status_.worths = worths_;
}

/// Other settings begin anew.
void Prefetcher::follow_settings(const CacheConfig& config, TimePoint now) {
  if (config.prefetch == known_ && config.prefetch_interval == known_interval_) return;
  known_ = config.prefetch;
  known_interval_ = config.prefetch_interval;
  plans_.clear();
  for (const auto& entry : known_) {
    if (entry.trigger != Trigger::schedule) continue;
    const auto interval = entry.interval.value_or(known_interval_);
    plans_.push_back({entry, interval, entry.at ? next_daily(*entry.at, now) : now + interval});
  }
}

void Prefetcher::begin_rounds(TimePoint now) {
  std::vector<const Plan*> due;
  for (auto& plan : plans_) {
    if (now < plan.due) continue;
    plan.due = plan.entry.at ? next_daily(*plan.entry.at, now) : now + plan.interval;
    if (plan.entry.at) {
      parts_.warm_up(plan.entry.patterns);
    } else {
      due.push_back(&plan);
    }
  }
  if (!due.empty() || (now >= next_look_ && must_judge(now))) look(due, now);
}

bool Prefetcher::must_judge(TimePoint now) const {
  return std::any_of(watched_.begin(), watched_.end(),
                     [now](const auto& each) { return !each.second.end || *each.second.end <= now; });
}

/// One pass over the store for all rounds that are due, and for what was asked ahead.
void Prefetcher::look(const std::vector<const Plan*>& due, TimePoint now) {
  using Steady = std::chrono::steady_clock;
  const auto began = Steady::now();
  const std::size_t most = parts_.current()->settings->config.cache.prefetch_keys;
  const auto find = [this](const Hash128& id) { return parts_.book.find(id); };
  std::deque<PrefetchPicker> pickers;
  for (const auto* const plan : due)
    pickers.emplace_back(PrefetchPicker::Terms{now, plan->interval, plan->entry.patterns, most, find, worths_});
  for (auto& [id, watched] : watched_) watched.seen = false;
  parts_.store.for_each_key([&](const store::KeyView& view) {
    judge(view, now);
    for (auto& picker : pickers) picker.offer(view);
    return true;
  });
  judge_unseen(now);
  for (auto& picker : pickers) queue(picker.finish(), now);
  next_look_ = now + std::max(kPrefetchTick, std::chrono::ceil<Duration>(Steady::now() - began) * kLookShare);
}

void Prefetcher::judge(const store::KeyView& view, TimePoint now) {
  const auto found = watched_.find(view.id);
  if (found == watched_.end()) return;
  auto& watched = found->second;
  watched.seen = true;
  watched.end = TimePoint{Duration{view.meta.fresh_until_ms}};
  if (view.hits > watched.hits) {
    settle(view.id, true, now);
  } else if (*watched.end <= now) {
    settle(view.id, false, now);
  }
}

/// What is not stored any more was of no use.
void Prefetcher::judge_unseen(TimePoint now) {
  std::vector<Hash128> gone;
  for (const auto& [id, watched] : watched_)
    if (!watched.seen) gone.push_back(id);
  for (const auto& id : gone) settle(id, false, now);
}

void Prefetcher::settle(const Hash128& id, bool useful, TimePoint now) {
  const auto found = watched_.find(id);
  const auto rule = std::move(found->second.rule);
  watched_.erase(found);
  parts_.count(useful ? metrics::Prefetch::useful : metrics::Prefetch::useless, 1);
  auto& worth = worths_[rule];
  const bool was_ended = worth.is_ended(now);
  worth.count(useful, now);
  if (!was_ended && worth.is_ended(now))
    log::info("prefetch for rule " + rule.second + " of " + rule.first +
              " ends for a day: fewer than one in five of what was asked for ahead was used");
}

void Prefetcher::queue(PrefetchChoice choice, TimePoint now) {
  if (choice.unknown > 0) parts_.count(metrics::Prefetch::unknown, choice.unknown);
  const auto taken = choice.taken.size();
  for (auto& candidate : choice.taken) {
    auto& waiting = lanes_[candidate.request->upstream].waiting;
    const auto known = std::find_if(waiting.begin(), waiting.end(),
                                    [&](const PrefetchCandidate& each) { return each.id == candidate.id; });
    // What waits may be of a life that is over.
    if (known == waiting.end()) {
      waiting.push_back(std::move(candidate));
    } else {
      *known = std::move(candidate);
    }
  }
  for (auto& [upstream, lane] : lanes_)
    std::stable_sort(lane.waiting.begin(), lane.waiting.end(),
                     [](const auto& a, const auto& b) { return a.due != b.due ? a.due > b.due : a.hits < b.hits; });
  choice.taken.clear();
  const std::lock_guard lock{mutex_};
  ++status_.rounds;
  status_.last_round = now;
  status_.last = std::move(choice);
  status_.last_taken = taken;
}

/// What has begun another life meanwhile, or is over, needs nobody to ask for it.
std::optional<PrefetchCandidate> Prefetcher::next_due(Lane& lane, TimePoint now) const {
  while (!lane.asked && !lane.waiting.empty() && lane.waiting.back().due <= now) {
    auto candidate = std::move(lane.waiting.back());
    lane.waiting.pop_back();
    if (now < candidate.request->end && parts_.book.find(candidate.id) == candidate.request) return candidate;
  }
  return std::nullopt;
}

void Prefetcher::send(TimePoint now) {
  for (auto& [upstream, lane] : lanes_) {
    const auto candidate = next_due(lane, now);
    if (!candidate) continue;
    lane.asked = true;
    fetch::ErrandWish wish;
    wish.snapshot = parts_.current();
    wish.again = candidate->request;
    wish.target = candidate->key;
    wish.anew = true;
    auto done = [results = results_, candidate = *candidate](fetch::ErrandResult result) {
      results->put({candidate, std::move(result)});
    };
    parts_.send(std::move(wish), std::move(done));
  }
}

/// Where the budget leaves nothing, the rest of the round is let go: clients ask for what they need.
void Prefetcher::take(const Arrived& arrived) {
  using Kind = fetch::ErrandResult::Kind;
  const auto& candidate = arrived.candidate;
  auto& lane = lanes_[candidate.request->upstream];
  lane.asked = false;
  if (arrived.result.kind == Kind::later) {
    parts_.count(metrics::Prefetch::denied, 1 + lane.waiting.size());
    lane.waiting.clear();
  }
  if (arrived.result.kind != Kind::fetched || watched_.size() >= kMostWatched) return;
  const auto now_known = parts_.book.find(candidate.id);
  const auto hits = now_known ? now_known->hits_at_begin : candidate.hits;
  // Who was not judged yet has had no end: the life before goes on in the new one.
  if (const auto before = watched_.find(candidate.id); before != watched_.end())
    settle(candidate.id, hits > before->second.hits, parts_.clock.now());
  watched_[candidate.id] = {{candidate.request->upstream, candidate.request->rule}, hits, {}, true};
}

}  // namespace cachearr::upkeep
