// What an application tells by its webhook: Sonarr, Radarr, Lidarr and Prowlarr (Connect), Jellyfin (its webhook
// plugin, with all properties), Seerr, Overseerr and Jellyseerr (the template that they ship). Reading is pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "content/entity.hpp"

namespace cachearr::upkeep {

struct WebhookMessage {
  std::string event;             // as the application calls it
  content::EntityTags entities;  // what has changed
  bool is_test = false;          // the operator tries whether we listen; nothing has happened
};

/// The error says what is wrong with the body, and where.
Result<WebhookMessage> read_webhook(std::string_view body);

/// The event as metrics and the log name it: itself where it is known, else "other".
std::string_view webhook_label(std::string_view event) noexcept;

}  // namespace cachearr::upkeep
