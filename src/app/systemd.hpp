// What systemd is told and what it hands over. Without systemd every call does nothing. Any thread, but start and stop
// belong to the main one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr::app::systemd {

void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping();
/// To be called at least twice in each watchdog_interval().
void notify_alive();

/// The time after which systemd kills a silent service; none: it does not watch.
std::optional<Duration> watchdog_interval();

struct InheritedSocket {
  int handle = -1;   // the caller's from now on
  std::string name;  // FileDescriptorName= of the socket unit
};
/// Listening sockets of socket activation, for this process only: they are not passed on to children.
std::vector<InheritedSocket> inherited_sockets();

}  // namespace cachearr::app::systemd
