// What systemd is told and what it hands over. Without systemd every call does nothing. Any thread, but start and stop
// belong to the main one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "base/result.hpp"

namespace cachearr::app::systemd {

void notify_ready(const std::string& status);
void notify_status(const std::string& status);
void notify_reloading();
void notify_stopping();
/// To be called at least twice in each watchdog_interval().
void notify_alive();

/// The time after which systemd kills a silent service; none: it does not watch.
std::optional<Duration> watchdog_interval();

struct InheritedSocket {
  int handle = -1;      // the caller's from now on
  std::string name;     // FileDescriptorName= of the socket unit
  std::string address;  // "127.0.0.1:9797"
};
/// The listening TCP sockets of socket activation, for this process only: they are not passed on to children. The error
/// names the one that is something else. To be called once.
Result<std::vector<InheritedSocket>> inherited_sockets();
/// Has the listeners of `config` accept from the sockets that are meant for them: the one named "admin" is the admin
/// listener's; the others go to the listener of the same address, of the upstream that the socket is named after, or of
/// the same port, and where there is none, a forward listener is added. Pure.
void assign_sockets(const std::vector<InheritedSocket>& sockets, Config& config);

}  // namespace cachearr::app::systemd
