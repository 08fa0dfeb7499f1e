// The body that a user writes for a webhook, with {title}, {message}, {event}, {id}, {severity}, {advice} and {time} in
// it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "upkeep/notify/notification.hpp"

namespace cachearr::upkeep {

/// True where the template is JSON: then values are escaped as within its strings.
bool is_json_template(std::string_view body);
std::string fill_template(std::string_view body, const Notification& notification);
/// The first {word} that stands for nothing; none: all are known.
std::optional<std::string> unknown_placeholder(std::string_view body);

}  // namespace cachearr::upkeep
