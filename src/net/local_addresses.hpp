// Which addresses are this machine's own. Asks the system; any thread.
#pragma once

#include <vector>

#include "net/address.hpp"

namespace cachearr::net {

/// The address itself, or, for the unspecified one that listeners bind to, every address that leads to it.
std::vector<Address> addresses_behind(const Address& bound);

}  // namespace cachearr::net
