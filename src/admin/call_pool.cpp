#include "admin/call_pool.hpp"

namespace cachearr::admin {

CallPool::CallPool(std::size_t threads, std::size_t most_waiting) : most_waiting_{most_waiting} {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

CallPool::~CallPool() { stop(); }

bool CallPool::submit(Job job) {
  {
    const std::lock_guard lock{mutex_};
    if (stopped_ || waiting_.size() >= most_waiting_) return false;
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void CallPool::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  stop_.request_stop();
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

/// Ends once the pool has stopped and nothing waits any more.
void CallPool::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job(stop_.get_token());
  }
}

}  // namespace cachearr::admin
