// What the body of an answer says of its upstream's limits. Pure, any thread.
#pragma once

#include <string_view>

#include <cachearr/clock.hpp>

#include "content/limit_signal.hpp"

namespace cachearr::content {

/// Limits told in the body, whatever the status: Newznab <error>, newznab:apilimits, AniDB, OMDb, OpenSubtitles, JSON
/// errors. `body` is decoded; its first 4 KiB are enough for a refusal, the apilimits stand in front of the items.
LimitSignal read_body(std::string_view content_type, int status, std::string_view body, TimePoint now);

}  // namespace cachearr::content
