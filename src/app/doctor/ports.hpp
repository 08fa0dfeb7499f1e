// Who listens where, found out by trying it. Blocking, a few seconds at most; any thread.
#pragma once

#include <string>

namespace cachearr::app::doctor {

/// By "host:port", as "listeners" has it.
bool is_loopback(const std::string& address);
/// Somebody takes connections there.
bool is_taken(const std::string& address);
/// The errno that an attempt to listen there ends with; 0: it can be done.
int bind_error(const std::string& address);
/// Somebody takes connections at this Unix socket.
bool is_open(const std::string& socket_path);

}  // namespace cachearr::app::doctor
