// What of a channel nobody but its service may see. Whatever is said about a channel goes through here. Pure.
#pragma once

#include <string>

#include <cachearr/config.hpp>

namespace cachearr::upkeep {

/// "ntfy.example:8443": all of an address that may be shown, as the rest of it is often the secret.
std::string shown_host(const std::string& url);
/// The text on one line, with everything that is secret about the channel replaced by "***".
std::string without_secrets(std::string text, const NotificationConfig& channel);

}  // namespace cachearr::upkeep
