// Notifications and channels as tests need them.
#pragma once

#include <string>

#include <cachearr/config.hpp>

#include "upkeep/notify/notification.hpp"

namespace cachearr::upkeep::test {

inline constexpr TimePoint kStart{std::chrono::seconds{1'700'000'000}};  // 2023-11-14T22:13:20Z

inline Notification alert(const std::string& verb, const std::string& id, const std::string& severity = "warning") {
  return {"alert." + verb + "." + id, id, severity, "Title", "Message", "Advice", kStart};
}
inline Notification fired(const std::string& id = "disk") { return alert("fired", id); }
inline Notification resolved(const std::string& id = "disk") { return alert("resolved", id); }

inline NotificationConfig channel_of(ChannelType type, const std::string& url) {
  NotificationConfig channel;
  channel.name = "mine";
  channel.type = type;
  channel.url = url;
  return channel;
}

}  // namespace cachearr::upkeep::test
