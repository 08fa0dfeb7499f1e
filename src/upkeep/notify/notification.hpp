// Something that an owner wants to be told wherever they are: an alert that fires or resolves, a job that ends. A plain
// value; any thread.
#pragma once

#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

namespace cachearr::upkeep {

struct Notification {
  std::string event;     // "alert.fired.hit-rate", "alert.resolved.hit-rate", "job.failed"; channels choose by it
  std::string id;        // of the alert or the job
  std::string severity;  // "notice", "warning" or "error"
  std::string title;
  std::string message;
  std::string advice;  // what to do about it; may be empty
  TimePoint at{};
};

inline bool is_fired(const Notification& notification) noexcept {
  return notification.event.starts_with("alert.fired.");
}
inline bool is_resolved(const Notification& notification) noexcept {
  return notification.event.starts_with("alert.resolved.");
}

}  // namespace cachearr::upkeep
