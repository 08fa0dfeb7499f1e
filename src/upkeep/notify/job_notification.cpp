#include "upkeep/notify/job_notification.hpp"

namespace cachearr::upkeep {

Notification notification_of(const WarmJob& job) {
  const bool failed = job.state == WarmJob::State::failed;
  Notification notification;
  notification.event = std::string{"job."}.append(name_of(job.state));
  notification.id = "warm-up/" + job.wish.type;
  notification.severity = failed ? "warning" : "notice";
  notification.title = "warm-up " + job.wish.type + " " + std::string{name_of(job.state)};
  notification.message = std::to_string(job.fetched) + " fetched, " + std::to_string(job.fresh) + " fresh already, " +
                         std::to_string(job.left_out) + " left out, " + std::to_string(job.failed) + " failed";
  if (!job.problem.empty()) notification.message += "; " + job.problem;
  if (failed) notification.advice = "\"cachearr jobs\" tells more; \"cachearr warm\" tries again.";
  notification.at = job.ended.value_or(job.began);
  return notification;
}

}  // namespace cachearr::upkeep
