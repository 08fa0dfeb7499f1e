#include "upkeep/jobs/warm_ups.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.hpp"
#include "base/thread_name.hpp"
#include "content/decoder.hpp"
#include "limit/state_codec.hpp"
#include "upkeep/notify/job_notification.hpp"

namespace cachearr::upkeep {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::string_view kWarmState = "warm-ups";
constexpr std::uint64_t kWarmStateFormat = 1;
constexpr std::uint64_t kMostActive = 64;
constexpr Duration kKeepEvery{500};
constexpr Duration kLookEvery{1000};
constexpr Duration kShortestWait{10};
constexpr content::DecodeBounds kListBounds{std::uint64_t{256} << 20, 1024};

std::string plan_name(std::uint64_t id) { return "warm-up-" + std::to_string(id); }

/// The steps that the answer to a list gives; none: it is none.
std::optional<std::vector<WarmStep>> read_list(const WarmList& list, const fetch::ErrandResult& result,
                                               const std::string& id, const rules::RuleSet& rules) {
  const auto body = content::decode(result.coding, result.body, kListBounds);
  if (!body) return std::nullopt;
  const auto answer = Json::parse(*body, nullptr, false);
  return answer.is_discarded() ? std::nullopt : steps_of_list(list, answer, id, rules);
}

std::string line_of(const WarmJob& job) {
  const auto told = notification_of(job);
  return told.title + " (job " + std::to_string(job.id) + "): " + told.message;
}

}  // namespace

WarmUps::WarmUps(Parts parts) : parts_{std::move(parts)} {}

WarmRun WarmUps::make_run(WarmJob job) const {
  std::string bad_key;
  const auto may_ask = [&](const auto& upstream) { return has_access(upstream, parts_.book, bad_key); };
  auto plan = plan_warm_up(*parts_.current()->rules, job.wish, may_ask);
  plan.bad_key = std::move(bad_key);
  return WarmRun{std::move(job), std::move(plan)};
}

void WarmUps::restore() {
  const auto bytes = parts_.store.get_state(kWarmState);
  if (bytes.empty()) return;
  limit::StateReader from{bytes};
  if (from.number() != kWarmStateFormat) return log::warning("the state of the warm-ups cannot be read");
  const std::lock_guard lock{mutex_};
  last_id_ = from.number();
  const auto count = std::min<std::uint64_t>(from.number(), kMostKept + kMostActive);
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    auto job = decode_job(from.text());
    const std::string progress{from.text()};
    if (!job || !from.ok()) continue;
    if (job->state != WarmJob::State::running) {
      ended_.push_back(*std::move(job));
      continue;
    }
    const auto plan = parts_.store.get_state(plan_name(job->id));
    auto run = WarmRun::restore(*job, plan, progress);
    const bool taken_up = run.has_value();
    if (!run) {
      job->fetched = job->fresh = job->left_out = job->failed = job->total = 0;
      run = make_run(*std::move(job));
    }
    const auto done = run->job().done();
    active_.push_back({*std::move(run), parts_.clock.now(), done, taken_up});
  }
  changed_ = true;
}

void WarmUps::start() {
  thread_ = std::jthread{[this](const std::stop_token& stop) {
    name_thread("warm-up");
    run(stop);
  }};
}

void WarmUps::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  const std::lock_guard lock{mutex_};
  keep_locked();
}

WarmUps::Begun WarmUps::begin(WarmWish wish, std::string cause) {
  const std::lock_guard lock{mutex_};
  for (const auto& active : active_) {
    const auto& runs = active.run.job().wish;
    if (runs.type == wish.type && runs.id == wish.id && !active.run.is_over()) return {status_of(active), false};
  }
  WarmJob job;
  job.id = ++last_id_;
  job.wish = std::move(wish);
  job.cause = std::move(cause);
  job.began = parts_.clock.now();
  active_.push_back({make_run(std::move(job)), parts_.clock.now(), 0, false});
  changed_ = true;
  results_->wake();
  return {status_of(active_.back()), true};
}

std::optional<WarmStatus> WarmUps::cancel(std::uint64_t id) {
  {
    const std::lock_guard lock{mutex_};
    if (auto* const active = find_active(id)) {
      active->run.cancel(parts_.clock.now());
      changed_ = true;
      results_->wake();
      return status_of(*active);
    }
  }
  return find(id);
}

WarmUps::Active* WarmUps::find_active(std::uint64_t id) {
  const auto found =
      std::find_if(active_.begin(), active_.end(), [id](const Active& each) { return each.run.job().id == id; });
  return found == active_.end() ? nullptr : &*found;
}

WarmStatus WarmUps::status_of(const Active& active) const {
  const auto& job = active.run.job();
  const auto now = parts_.clock.now();
  const auto pace = pace_of(job.done() - std::min(job.done(), active.done_before), now - active.since);
  return {job, pace, ends_about(job, pace, now)};
}

std::vector<WarmStatus> WarmUps::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<WarmStatus> all;
  for (auto at = active_.rbegin(); at != active_.rend(); ++at) all.push_back(status_of(*at));
  for (const auto& job : ended_) all.push_back({job, job.ended ? pace_of(job.done(), *job.ended - job.began) : 0, {}});
  return all;
}

std::optional<WarmStatus> WarmUps::find(std::uint64_t id) const {
  for (auto& status : all())
    if (status.job.id == id) return status;
  return std::nullopt;
}

bool WarmUps::is_running(std::string_view type) const {
  const std::lock_guard lock{mutex_};
  return std::any_of(active_.begin(), active_.end(),
                     [type](const Active& each) { return each.run.job().wish.type == type; });
}

std::vector<WarmJob> WarmUps::last_failed() const {
  const std::lock_guard lock{mutex_};
  std::set<std::string> seen;
  std::vector<WarmJob> failed;
  for (const auto& job : ended_) {
    if (job.state == WarmJob::State::cancelled || !seen.insert(job.wish.type).second) continue;
    if (job.state == WarmJob::State::failed) failed.push_back(job);
  }
  return failed;
}

void WarmUps::run(const std::stop_token& stop) {
  Duration longest{0};
  while (!stop.stop_requested()) {
    for (const auto& arrived : results_->take(stop, longest)) take(arrived);
    if (stop.stop_requested()) return;
    {
      const std::lock_guard lock{mutex_};
      send_locked();
      end_locked();
      if (changed_ && parts_.clock.now() - kept_at_ >= kKeepEvery) keep_locked();
      longest = wait_locked();
    }
    tell_ended();
  }
}

/// A long list is read without the lock.
void WarmUps::take(const Arrived& arrived) {
  const auto& errand = arrived.errand;
  std::optional<WarmList> list;
  std::string id;
  {
    const std::lock_guard lock{mutex_};
    busy_.erase(errand.upstream);
    auto* const active = find_active(arrived.job);
    if (!active) return;
    const bool over = active->run.is_over();
    active->run.took(errand.upstream, arrived.result, parts_.clock.now());
    changed_ = true;
    const auto kind = arrived.result.kind;
    const bool has_list = kind == fetch::ErrandResult::Kind::fetched || kind == fetch::ErrandResult::Kind::fresh;
    if (over || !errand.list || !has_list) return;
    list = active->run.list(*errand.list);
    id = active->run.job().wish.id;
  }
  auto steps = read_list(*list, arrived.result, id, *parts_.current()->rules);
  const std::lock_guard lock{mutex_};
  if (auto* const active = find_active(arrived.job))
    active->run.add(*errand.list, std::move(steps), parts_.clock.now());
}

void WarmUps::send_locked() {
  for (auto& active : active_)
    while (send_next_locked(active, parts_.clock.now())) {}
}

bool WarmUps::send_next_locked(Active& active, TimePoint now) {
  const auto errand = active.run.next(now, busy_);
  if (!errand) return false;
  busy_.insert(errand->upstream);
  send_errand_locked(active.run.job().id, *errand);
  return true;
}

void WarmUps::send_errand_locked(std::uint64_t id, const WarmRun::Errand& errand) {
  auto done = [results = results_, id, errand](fetch::ErrandResult result) {
    results->put({id, errand, std::move(result)});
  };
  const auto snapshot = parts_.current();
  const auto* const upstream = snapshot->rules->upstream_named(errand.upstream);
  const auto credentials = upstream ? credentials_for(*upstream, parts_.book) : Error{"no rule names it any more"};
  if (!credentials) return done({fetch::ErrandResult::Kind::left_out, {}, credentials.error().what, {}, {}});
  auto wish = errand_to(*upstream, errand.target, *credentials);
  wish.snapshot = snapshot;
  wish.wants_body = errand.list.has_value();
  wish.patterns = find_active(id)->run.job().wish.patterns;
  parts_.send(std::move(wish), std::move(done));
}

/// What is over is kept among the last ones.
void WarmUps::end_locked() {
  for (auto at = active_.begin(); at != active_.end();) {
    if (!at->run.is_over()) {
      ++at;
      continue;
    }
    const auto& job = at->run.job();
    if (at->plan_is_kept) parts_.store.put_state(plan_name(job.id), {});
    ended_.push_front(job);
    untold_.push_back(job);
    at = active_.erase(at);
    if (ended_.size() > kMostKept) ended_.pop_back();
    changed_ = true;
    kept_at_ = {};
  }
}

void WarmUps::keep_locked() {
  limit::StateWriter to;
  to.number(kWarmStateFormat);
  to.number(last_id_);
  to.number(active_.size() + ended_.size());
  for (auto& active : active_) {
    if (!active.plan_is_kept && active.run.can_be_kept()) {
      parts_.store.put_state(plan_name(active.run.job().id), active.run.encode_plan());
      active.plan_is_kept = true;
    }
    to.text(encode_job(active.run.job()));
    to.text(active.run.encode_progress());
  }
  for (const auto& job : ended_) {
    to.text(encode_job(job));
    to.text({});
  }
  parts_.store.put_state(kWarmState, to.take());
  changed_ = false;
  kept_at_ = parts_.clock.now();
}

/// Until a lane may go on, or something should be kept.
Duration WarmUps::wait_locked() const {
  auto longest = changed_ ? kKeepEvery : kLookEvery;
  const auto now = parts_.clock.now();
  for (const auto& active : active_)
    if (const auto at = active.run.look_again_at()) longest = std::min(longest, std::max(*at - now, kShortestWait));
  return longest;
}

void WarmUps::tell_ended() {
  std::vector<WarmJob> ended;
  {
    const std::lock_guard lock{mutex_};
    ended = std::exchange(untold_, {});
  }
  for (const auto& job : ended) {
    log::write(job.state == WarmJob::State::failed ? log::Level::warning : log::Level::info, line_of(job));
    if (on_end_) on_end_(job);
  }
}

}  // namespace cachearr::upkeep
