#include "store/reader_pool.hpp"

#include <utility>

#include "base/thread_name.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kMaxWaiting = 20'000;

}  // namespace

ReaderPool::ReaderPool(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] {
      name_thread("store reader");
      run();
    });
}

void ReaderPool::stop() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    dropped.swap(jobs_);
  }
  dropped.clear();  // not under the lock: what they hold may end with them
  ready_.notify_all();
  threads_.clear();
}

bool ReaderPool::post(std::function<void()> job) {
  {
    const std::lock_guard lock{mutex_};
    if (stopped_) return true;
    if (jobs_.size() >= kMaxWaiting) return false;
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

void ReaderPool::run() {
  std::unique_lock lock{mutex_};
  while (true) {
    ready_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds may end with it, which is not for this lock
    lock.lock();
  }
}

}  // namespace cachearr::store
