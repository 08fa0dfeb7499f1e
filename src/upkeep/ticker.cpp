#include "upkeep/ticker.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.hpp"
#include "base/thread_name.hpp"

namespace cachearr::upkeep {

void Ticker::every(Duration period, std::string name, std::function<void()> act) {
  jobs_.push_back({period, std::move(name), std::move(act), {}});
}

void Ticker::start() {
  if (jobs_.empty()) return;
  const auto now = Steady::now();
  for (auto& job : jobs_) job.due = now + job.period;
  thread_ = std::jthread{[this](const std::stop_token& stop) {
    name_thread("ticker");
    run(stop);
  }};
}

void Ticker::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

Ticker::Job& Ticker::next_job() {
  return *std::min_element(jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) { return a.due < b.due; });
}

void Ticker::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    auto& job = next_job();
    {
      std::unique_lock lock{mutex_};
      ended_.wait_until(lock, stop, job.due, [] { return false; });
    }
    if (stop.stop_requested()) return;
    try {
      job.act();
    } catch (const std::exception& failure) {
      log::error(job.name + " failed: " + failure.what());
    }
    job.due = std::max(job.due + job.period, Steady::now());
  }
}

}  // namespace cachearr::upkeep
