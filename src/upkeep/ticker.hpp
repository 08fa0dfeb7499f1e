// Does what has to be done every so often without a client, on one thread of its own.
//
// Owned by the application, made, started and stopped on the main thread; what its functions refer to outlives stop().
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr::upkeep {

class Ticker {
 public:
  Ticker() = default;
  ~Ticker() { stop(); }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  /// From start() on `act` is called once in each `period`, for the first time one period after the start. Functions
  /// run one after another, so one that blocks delays the others; what was missed meanwhile is not made up for. What
  /// it throws is logged by `name`. REQUIRES: not started.
  void every(Duration period, std::string name, std::function<void()> act);
  void start();
  /// Waits for the function that runs.
  void stop();

 private:
  using Steady = std::chrono::steady_clock;
  struct Job {
    Duration period;
    std::string name;
    std::function<void()> act;
    Steady::time_point due;
  };

  void run(const std::stop_token& stop);
  Job& next_job();

  std::vector<Job> jobs_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace cachearr::upkeep
