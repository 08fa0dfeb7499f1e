#include "store/sweeper.hpp"

#include <chrono>

#include "base/thread_name.hpp"

namespace cachearr::store {
namespace {

// A bulk edit in an *arr application sends hundreds of writes; this is how many of them share one sweep.
constexpr std::chrono::milliseconds kSweepPause{100};

}  // namespace

Sweeper::~Sweeper() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

Ban Sweeper::sweep_now(const Invalidation& what, const std::function<void(const Entry&)>& named) {
  const std::lock_guard lock{sweeping_};
  Ban ban = bans_.add(what);
  sweep_open(named);
  return ban;
}

Ban Sweeper::sweep_soon(const Invalidation& what) {
  Ban ban = bans_.add(what);
  const std::lock_guard lock{mutex_};
  due_ = true;
  if (!thread_.joinable())
    thread_ = std::jthread{[this](const std::stop_token& stopped) {
      name_thread("store sweeper");
      run(stopped);
    }};
  wake_.notify_one();
  return ban;
}

void Sweeper::run(const std::stop_token& stopped) {
  const auto nobody_asks = [](const Entry&) {};
  std::unique_lock lock{mutex_};
  while (wake_.wait(lock, stopped, [this] { return due_; })) {
    wake_.wait_for(lock, stopped, kSweepPause, [] { return false; });
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
  const auto bans = bans_.open();
  if (bans.empty()) return;
  memory_.sweep(bans, named);
  bans_.swept(bans.back().generation);
}

}  // namespace cachearr::store
