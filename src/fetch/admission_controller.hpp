// Between the fetches and the limiters: who waits for a permit and on which worker, when to look again, and the
// limiters' state in the store.
//
// Owned by the application; it and what it is given outlive the workers. Thread-safe. A thread of its own looks again
// when somebody's moment has come, and saves; nobody polls.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <cachearr/clock.hpp>

#include "limit/registry.hpp"
#include "limit/shared_budget.hpp"
#include "net/event.hpp"
#include "net/worker.hpp"
#include "rules/rule_set.hpp"
#include "store/store.hpp"

namespace cachearr::fetch {

/// One request that waits for a permit, and the way to its worker, which it may outlive. `wake`, `drawn` and
/// `abandoned` belong to the worker's thread.
struct AdmissionWaiter {
  explicit AdmissionWaiter(net::Worker& w) : worker{w.handle()}, event{w} {}
  net::WorkerHandle worker;
  net::Event event;
  std::optional<limit::Wake> wake;
  std::optional<limit::DrawResult> drawn;
  bool abandoned = false;  // perhaps: the last reader has left
};
using AdmissionWaiterPtr = std::shared_ptr<AdmissionWaiter>;

class AdmissionController {
 public:
  AdmissionController(const Clock& clock, store::Store& store);
  ~AdmissionController();
  AdmissionController(const AdmissionController&) = delete;
  AdmissionController& operator=(const AdmissionController&) = delete;

  limit::Registry& registry() noexcept { return registry_; }
  /// The limits that several instances share; before the workers start. It outlives them.
  void share(limit::SharedBudget* budget) noexcept { budget_ = budget; }
  /// Null: there is one instance.
  limit::SharedBudget* budget() const noexcept { return budget_; }
  TimePoint now() const noexcept { return clock_.now(); }

  /// The limits that these rules give. What was spent stays spent, who waits stays in line.
  void configure(const rules::RuleSet& rules);
  /// Reads what an earlier run has left behind. Once, after configure(); waits for the disk.
  void restore();
  void start();
  /// Ends the thread and saves for good. Nothing may be granted after this.
  void stop();

  /// Wakes for this ticket come to `waiter` from now on, until remove_waiter().
  void add_waiter(limit::Ticket ticket, AdmissionWaiterPtr waiter);
  void remove_waiter(limit::Ticket ticket);
  /// The words of an upstream's last refusal, for those who ask during the pause.
  struct KeptRefusal {
    std::string content_type, body;
  };
  void keep_refusal(const std::string& upstream, const Hash128& credential, KeptRefusal refusal);
  void forget_refusal(const std::string& upstream, const Hash128& credential);
  std::optional<KeptRefusal> refusal_of(const std::string& upstream, const Hash128& credential);
  /// What the limiters want done. Never called under one of their locks.
  void apply(limit::Effects&& effects);
  /// Something was spent: to be saved within a second.
  void save_soon() noexcept;

 private:
  void run();
  void save(bool clean);
  void keep_names(const std::vector<std::pair<std::string, std::string>>& changes);

  const Clock& clock_;
  store::Store& store_;
  limit::Registry registry_;
  limit::SharedBudget* budget_ = nullptr;
  std::mutex waiters_mutex_;  // guards waiters_
  std::unordered_map<limit::Ticket, AdmissionWaiterPtr> waiters_;
  std::mutex refusals_mutex_;  // guards refusals_
  std::map<std::pair<std::string, std::uint64_t>, KeptRefusal> refusals_;
  std::mutex saving_;            // guards names_; one save at a time
  std::set<std::string> names_;  // of upstreams with a state in the store
  std::atomic<bool> dirty_{false};
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::optional<TimePoint> look_at_;
  std::optional<TimePoint> save_at_;
  bool hurried_ = false;  // the next save is to be on disk at once
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace cachearr::fetch
