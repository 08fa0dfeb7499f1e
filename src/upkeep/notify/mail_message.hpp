// A notification as a mail (RFC 5322), and what becomes of it in SMTP. Pure.
#pragma once

#include <string>

#include <cachearr/config.hpp>

#include "upkeep/notify/notification.hpp"

namespace cachearr::upkeep {

/// "me@example.org" of "Me <me@example.org>".
std::string bare_address(const std::string& mailbox);
/// The whole message; `text` is its body.
std::string mail_message(const NotificationConfig& channel, const Notification& notification, const std::string& text);

}  // namespace cachearr::upkeep
