// How many webhooks have come, by upstream and event. Thread-safe; both labels are bounded by whoever counts.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/readings.hpp"

namespace cachearr::admin {

class WebhookCounts {
 public:
  void count(const std::string& upstream, std::string_view event) {
    const std::lock_guard lock{mutex_};
    ++counts_[{upstream, std::string{event}}];
  }
  std::vector<metrics::WebhookReading> readings() const {
    const std::lock_guard lock{mutex_};
    std::vector<metrics::WebhookReading> all;
    for (const auto& [of, count] : counts_) all.push_back({of.first, of.second, count});
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
};

}  // namespace cachearr::admin
