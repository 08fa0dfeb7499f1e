// How sending a message to a channel ended. A plain value.
#pragma once

#include <string>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr::upkeep {

struct SendResult {
  bool ok = false;                      // all that the channel names have it
  bool refused = false;                 // trying again will not help
  std::string error = {};               // why not, without secrets
  Duration asked_pause{0};              // by the service
  bool partly = false;                  // others have it; `error` says who has not
  std::vector<std::string> again = {};  // of a mail that others have: the addresses that may take it later
};

}  // namespace cachearr::upkeep
