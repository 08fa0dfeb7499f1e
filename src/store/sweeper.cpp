#include "store/sweeper.hpp"

#include <chrono>

namespace cachearr::store {
namespace {

// A bulk edit in an *arr application sends hundreds of writes; this is how many of them share one sweep.
constexpr std::chrono::milliseconds kGather{100};

}  // namespace

Sweeper::~Sweeper() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

Invalidation Sweeper::sweep_now(const Selector& selector, const std::function<void(const Entry&)>& named) {
  const std::lock_guard lock{sweeping_};
  Invalidation rule = invalidations_.add(selector);
  sweep_open(named);
  return rule;
}

Invalidation Sweeper::sweep_soon(const Selector& selector) {
  Invalidation rule = invalidations_.add(selector);
  const std::lock_guard lock{mutex_};
  due_ = true;
  if (!thread_.joinable()) thread_ = std::jthread{[this](const std::stop_token& stopped) { run(stopped); }};
  wake_.notify_one();
  return rule;
}

void Sweeper::run(const std::stop_token& stopped) {
  const auto nobody_asks = [](const Entry&) {};
  std::unique_lock lock{mutex_};
  while (wake_.wait(lock, stopped, [this] { return due_; })) {
    wake_.wait_for(lock, stopped, kGather, [] { return false; });
    due_ = false;
    lock.unlock();
    {
      const std::lock_guard sweeping{sweeping_};
      sweep_open(nobody_asks);
    }
    lock.lock();
  }
}

void Sweeper::sweep_open(const std::function<void(const Entry&)>& named) {
  const auto rules = invalidations_.open();
  if (rules.empty()) return;
  memory_.sweep(rules, named);
  invalidations_.swept(rules.back().generation);
}

}  // namespace cachearr::store
