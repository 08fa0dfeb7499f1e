// A connection to a socket in the file system: to a server on this machine.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::net {

/// Connects or fails at once, as such sockets do. The error names the path. REQUIRES: the worker's thread.
Result<std::unique_ptr<Stream>> connect_local(Worker& worker, const std::string& path);

}  // namespace cachearr::net
