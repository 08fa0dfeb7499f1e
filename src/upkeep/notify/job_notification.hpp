// What channels are told of a job that has ended. Pure.
#pragma once

#include "upkeep/jobs/warm_job.hpp"
#include "upkeep/notify/notification.hpp"

namespace cachearr::upkeep {

Notification notification_of(const WarmJob& job);

}  // namespace cachearr::upkeep
