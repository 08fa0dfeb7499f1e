// The threads on which calls run that may block: on the disk, on a worker, on a reload. A call that hangs holds up at
// most those that wait behind it, never the loop that answers /ping.
//
// Owned by the server. Jobs are submitted by the admin loop and run on the pool's threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr::admin {

class CallPool {
 public:
  /// Called once. A stop that is requested already: there is no time left to begin.
  using Job = std::function<void(const std::stop_token&)>;

  CallPool(std::size_t threads, std::size_t most_waiting);
  ~CallPool();
  CallPool(const CallPool&) = delete;
  CallPool& operator=(const CallPool&) = delete;

  /// False: too many wait already, or the pool has stopped; then the job is never called.
  bool submit(Job job);
  /// Asks running jobs to stop, calls those that wait, and returns once all of them have ended. False: one has not
  /// within that time; the threads are let go, and the pool must outlive them.
  bool stop(std::optional<Duration> longest = std::nullopt);

 private:
  void run();
  bool wait_for_the_end(std::optional<Duration> longest);

  const std::size_t most_waiting_;
  std::stop_source stop_;
  std::mutex mutex_;  // guards the three below
  std::deque<Job> waiting_;
  bool stopped_ = false;
  std::size_t running_;  // threads
  std::condition_variable_any changed_, ended_;
  std::vector<std::thread> threads_;
};

}  // namespace cachearr::admin
