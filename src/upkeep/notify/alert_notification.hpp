// An alert that fires or resolves, as a message for channels. Pure.
#pragma once

#include "upkeep/alerts/alert.hpp"
#include "upkeep/notify/notification.hpp"

namespace cachearr::upkeep {

Notification notification_of(const AlertChange& change, TimePoint at);

}  // namespace cachearr::upkeep
