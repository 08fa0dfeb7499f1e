#include "app/systemd.hpp"

#include <cstdlib>
#include <systemd/sd-daemon.h>
#include <time.h>

namespace cachearr::app::systemd {

void notify_ready(const std::string& status) { sd_notify(0, ("READY=1\nSTATUS=" + status).c_str()); }

void notify_reloading() {
  // systemd 253 and later compare the time with their own to know that READY=1 comes after it.
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds)).c_str());
}

void notify_stopping() { sd_notify(0, "STOPPING=1"); }

void notify_alive() { sd_notify(0, "WATCHDOG=1"); }

std::optional<Duration> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return Duration{microseconds / 1000};
}

std::vector<InheritedSocket> inherited_sockets() {
  char** names = nullptr;
  constexpr int forget_variables = 1;
  const int count = sd_listen_fds_with_names(forget_variables, &names);
  std::vector<InheritedSocket> sockets;
  for (int i = 0; i < count; ++i) {
    sockets.push_back({SD_LISTEN_FDS_START + i, names != nullptr && names[i] != nullptr ? names[i] : ""});
    if (names != nullptr) free(names[i]);
  }
  free(names);
  return sockets;
}

}  // namespace cachearr::app::systemd
