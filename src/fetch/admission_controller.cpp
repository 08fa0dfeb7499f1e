#include "fetch/admission_controller.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/thread_name.hpp"

namespace cachearr::fetch {

namespace {

constexpr Duration kSaveEvery{1000};
constexpr std::size_t kLongestLimitBody = 4096;
constexpr std::size_t kMostRefusals = 256;
constexpr std::string_view kNames = "limits";        // a list of the upstreams that have a state
constexpr std::string_view kStatePrefix = "limit:";  // and this with its name is the state of one

limit::RateConfig config_of(const rules::Rate& rate) {
  limit::RateConfig config;
  config.per_second = rate.per_second;
  config.burst = rate.burst;
  config.concurrency = rate.concurrency;
  config.max_wait = rate.max_wait;
  for (const auto& quota : rate.quotas) config.quotas.push_back({quota.limit, quota.per, quota.fixed, quota.reserve});
  return config;
}

void earlier(std::optional<TimePoint>& slot, TimePoint at) { slot = std::min(slot.value_or(at), at); }

}  // namespace

AdmissionController::AdmissionController(const Clock& clock, store::Store& store) : clock_{clock}, store_{store} {}
AdmissionController::~AdmissionController() { stop(); }

void AdmissionController::configure(const rules::RuleSet& rules) {
  const auto now = clock_.now();
  for (const auto& upstream : rules.upstreams()) registry_.configure(upstream->name, config_of(upstream->rate), now);
}

void AdmissionController::restore() {
  const auto now = clock_.now();
  const auto list = store_.get_state(kNames);
  const std::lock_guard lock{saving_};
  for (const auto name : text::split(list, '\n')) {
    if (name.empty()) continue;
    names_.emplace(name);
    const auto bytes = store_.get_state(std::string{kStatePrefix}.append(name));
    if (!bytes.empty() && !registry_.restore(name, bytes, now))
      log::warning("the state of the limits of " + std::string{name} + " cannot be read; it starts anew");
  }
}

void AdmissionController::start() {
  thread_ = std::thread{[this] {
    name_thread("limiter");
    run();
  }};
}

void AdmissionController::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  save(true);
}

void AdmissionController::add_waiter(limit::Ticket ticket, AdmissionWaiterPtr waiter) {
  const std::lock_guard lock{waiters_mutex_};
  waiters_.emplace(ticket, std::move(waiter));
}

void AdmissionController::remove_waiter(limit::Ticket ticket) {
  const std::lock_guard lock{waiters_mutex_};
  waiters_.erase(ticket);
}

void AdmissionController::keep_refusal(const std::string& upstream, const Hash128& credential, KeptRefusal refusal) {
  if (refusal.body.size() > kLongestLimitBody) return forget_refusal(upstream, credential);
  const std::lock_guard lock{refusals_mutex_};
  if (refusals_.size() >= kMostRefusals) refusals_.clear();
  refusals_.insert_or_assign({upstream, credential.low}, std::move(refusal));
}

void AdmissionController::forget_refusal(const std::string& upstream, const Hash128& credential) {
  const std::lock_guard lock{refusals_mutex_};
  refusals_.erase({upstream, credential.low});
}

std::optional<AdmissionController::KeptRefusal> AdmissionController::refusal_of(const std::string& upstream,
                                                                                const Hash128& credential) {
  const std::lock_guard lock{refusals_mutex_};
  const auto found = refusals_.find({upstream, credential.low});
  return found == refusals_.end() ? std::nullopt : std::optional{found->second};
}

void AdmissionController::apply(limit::Effects&& effects) {
  if (!effects.wakes.empty()) {
    const std::lock_guard lock{waiters_mutex_};
    for (const auto& wake : effects.wakes) {
      const auto found = waiters_.find(wake.ticket);
      if (found == waiters_.end()) continue;
      found->second->worker.post([waiter = found->second, wake] {
        waiter->wake = wake;
        waiter->event.set();
      });
    }
  }
  if (!effects.next && !effects.save_now) return;
  {
    const std::lock_guard lock{mutex_};
    if (effects.next) earlier(look_at_, *effects.next);
    if (effects.save_now) earlier(save_at_, clock_.now());
    hurried_ = hurried_ || effects.save_now;
  }
  changed_.notify_one();
}

void AdmissionController::save_soon() noexcept {
  if (dirty_.exchange(true, std::memory_order_relaxed)) return;
  {
    const std::lock_guard lock{mutex_};
    earlier(save_at_, clock_.now() + kSaveEvery);
  }
  changed_.notify_one();
}

void AdmissionController::run() {
  std::unique_lock lock{mutex_};
  while (!ending_) {
    const auto now = clock_.now();
    const bool look = look_at_ && *look_at_ <= now;
    const bool keep = save_at_ && *save_at_ <= now;
    if (!look && !keep) {
      auto next = look_at_;
      if (save_at_) earlier(next, *save_at_);
      if (next) {
        changed_.wait_for(lock, *next - now);
      } else {
        changed_.wait(lock);
      }
      continue;
    }
    if (look) look_at_.reset();
    if (keep) save_at_.reset();
    const bool hurried = keep && std::exchange(hurried_, false);
    lock.unlock();
    if (look) apply(registry_.due(clock_.now()));
    if (keep) save(false);
    if (hurried) store_.hurry();
    lock.lock();
  }
}

void AdmissionController::save(bool clean) {
  dirty_.store(false, std::memory_order_relaxed);
  const std::lock_guard lock{saving_};
  const auto changes = registry_.take_changes(clock_.now(), clean);
  for (const auto& [name, bytes] : changes) store_.put_state(std::string{kStatePrefix}.append(name), bytes);
  keep_names(changes);
}

/// The list is written only where a name is new.
void AdmissionController::keep_names(const std::vector<std::pair<std::string, std::string>>& changes) {
  const auto before = names_.size();
  for (const auto& [name, bytes] : changes) names_.insert(name);
  if (names_.size() == before) return;
  std::string list;
  for (const auto& name : names_) list.append(name).append("\n");
  store_.put_state(kNames, list);
}

}  // namespace cachearr::fetch
