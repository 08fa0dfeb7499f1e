#include "admin/call_pool.hpp"

#include "base/thread_name.hpp"

namespace cachearr::admin {

CallPool::CallPool(std::size_t threads, std::size_t most_waiting) : most_waiting_{most_waiting}, running_{threads} {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] {
      name_thread("admin call");
      run();
    });
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

bool CallPool::stop(std::optional<Duration> longest) {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  stop_.request_stop();
  changed_.notify_all();
  const bool ended = wait_for_the_end(longest);
  for (auto& thread : threads_) {
    if (ended)
      thread.join();
    else
      thread.detach();  // the process ends under the one that hangs
  }
  threads_.clear();
  return ended;
}

bool CallPool::wait_for_the_end(std::optional<Duration> longest) {
  const auto all_have_ended = [this] { return running_ == 0; };
  std::unique_lock lock{mutex_};
  if (longest) return ended_.wait_for(lock, *longest, all_have_ended);
  ended_.wait(lock, all_have_ended);
  return true;
}

/// Ends once the pool has stopped and nothing waits any more.
void CallPool::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
      if (waiting_.empty()) {
        --running_;
        ended_.notify_all();
        return;
      }
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job(stop_.get_token());
  }
}

}  // namespace cachearr::admin
