// Which addresses are this machine's own. Asks the system; any thread.
#pragma once

#include <vector>

#include "base/ip_address.hpp"

namespace cachearr::net {

/// The address itself, or, for the unspecified one that listeners bind to, every address that leads to it.
std::vector<ip::Address> addresses_behind(const ip::Address& bound);

}  // namespace cachearr::net
