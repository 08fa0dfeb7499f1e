// Which addresses are this machine's own. Asks the system; any thread.
#pragma once

#include "base/ip_address.hpp"

namespace cachearr::net {

/// A connection to `target` reaches a listener of this machine that is bound to `bound`, on the same port. Asked anew
/// each time, since addresses come and go.
bool reaches(const ip::Address& target, const ip::Address& bound);

}  // namespace cachearr::net
