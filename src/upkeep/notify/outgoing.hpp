// What is sent to each kind of channel for a notification, as its service documents it. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cachearr/config.hpp>

#include "upkeep/notify/notification.hpp"

namespace cachearr::upkeep {

struct Outgoing {
  std::string method;  // empty: mail
  std::string url;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;  // of mail: the whole message (RFC 5322)
  std::string from;  // mail's envelope
  std::vector<std::string> to;
};

Outgoing request_of(const NotificationConfig& channel, const Notification& notification);

/// The longest beginning that is UTF-8 of at most `most` bytes, with "…" at its end where something is left off.
std::string shortened(const std::string& text, std::size_t most);

}  // namespace cachearr::upkeep
