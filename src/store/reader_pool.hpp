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
  /// Runs what is queued, then ends.
  ~ReaderPool();
  /// False where too many wait already: the caller is better served by the network.
  bool post(std::function<void()> job);

 private:
  void run();

  std::mutex mutex_;  // guards the jobs
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  bool closed_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace cachearr::store
