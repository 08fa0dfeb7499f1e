// A few threads that wait for the disk so that event loops do not have to. Thread-safe; owned by the disk tier.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cachearr::store {

class ReaderPool {
 public:
  explicit ReaderPool(std::size_t threads);
  ~ReaderPool() { stop(); }
  /// False where too many wait already: the caller is better served by the network. What comes after stop() is dropped.
  bool post(std::function<void()> job);
  /// Drops the jobs that wait and waits for those that run.
  void stop();

 private:
  void run();

  std::mutex mutex_;  // guards the jobs
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  bool stopped_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace cachearr::store
