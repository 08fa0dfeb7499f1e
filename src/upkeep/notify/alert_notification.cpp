#include "upkeep/notify/alert_notification.hpp"

namespace cachearr::upkeep {

Notification notification_of(const AlertChange& change, TimePoint at) {
  const auto& alert = change.alert;
  const std::string id{alert.id};
  const auto subject = alert.subject.empty() ? std::string{} : ": " + alert.subject;
  Notification notification;
  notification.event = (change.fired ? "alert.fired." : "alert.resolved.") + id;
  // Each upstream's alert is one of its own.
  notification.id = alert.subject.empty() ? id : id + "/" + alert.subject;
  notification.severity = name_of(alert.severity);
  notification.title = (change.fired ? "" : "resolved: ") + id + subject;
  notification.message = alert.message;
  if (change.fired) notification.advice = alert.advice;
  notification.at = at;
  return notification;
}

}  // namespace cachearr::upkeep
