#include "pipeline/invalidation_windows.hpp"

#include <algorithm>

namespace cachearr::pipeline {

void InvalidationWindows::make_room() {
  if (windows_.size() < kMost) return;
  windows_.erase(std::min_element(windows_.begin(), windows_.end(),
                                  [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
}

void InvalidationWindows::open(const Due& named, TimePoint now, TimePoint until) {
  const std::lock_guard lock{mutex_};
  const Name name{named.what.kind, named.what.text};
  const auto known = windows_.find(name);
  if (known != windows_.end()) {
    known->second.until = std::max(known->second.until, until);
    known->second.named.shared |= named.shared;
    return;
  }
  make_room();
  windows_.emplace(name, Window{named, std::min(now + kOldest, until), until});
}

std::vector<InvalidationWindows::Due> InvalidationWindows::due(TimePoint now) {
  std::vector<Due> found;
  const std::lock_guard lock{mutex_};
  for (auto at = windows_.begin(); at != windows_.end();) {
    auto& window = at->second;
    if (window.next <= now) {
      found.push_back(window.named);
      window.next = std::min(now + kOldest, window.until);
    }
    at = window.until <= now ? windows_.erase(at) : std::next(at);
  }
  return found;
}

std::size_t InvalidationWindows::size() const {
  const std::lock_guard lock{mutex_};
  return windows_.size();
}

}  // namespace cachearr::pipeline
