// What is worth saying once: names that strangers choose, so that none of them can fill the log. Thread-safe.
#pragma once

#include <mutex>
#include <set>
#include <string>

namespace cachearr::client {

class LogOnce {
 public:
  static constexpr std::size_t kMax = 100;
  /// True the first time; false for everything once there were too many.
  bool first(const std::string& name) {
    const std::lock_guard lock{mutex_};
    return said_.size() < kMax && said_.insert(name).second;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> said_;  // guarded by mutex_
};

}  // namespace cachearr::client
