#include "app/systemd.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <netinet/in.h>
#include <string_view>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <time.h>

namespace cachearr::app::systemd {

namespace {

/// A line break would begin another variable.
std::string one_line(std::string status) {
  std::replace(status.begin(), status.end(), '\n', ' ');
  return status;
}

}  // namespace

void notify_ready(const std::string& status) { sd_notify(0, ("READY=1\nSTATUS=" + one_line(status)).c_str()); }

void notify_status(const std::string& status) { sd_notify(0, ("STATUS=" + one_line(status)).c_str()); }

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

namespace {

/// "127.0.0.1:9797", "[::]:9797"; empty for what is no TCP socket that listens.
std::string listening_address(int handle) {
  constexpr int listening = 1;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (sd_is_socket(handle, AF_UNSPEC, SOCK_STREAM, listening) <= 0) return {};
  if (::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return text.data() + (":" + std::to_string(ntohs(v4.sin_port)));
  }
  if (address.ss_family != AF_INET6) return {};
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return "[" + std::string{text.data()} + "]:" + std::to_string(ntohs(v6.sin6_port));
}

std::string_view port_of(std::string_view address) { return address.substr(address.rfind(':') + 1); }

ListenerConfig* listener_for(const InheritedSocket& socket, std::vector<ListenerConfig>& listeners) {
  const auto first = [&](const auto& fits) -> ListenerConfig* {
    const auto found = std::find_if(listeners.begin(), listeners.end(), [&](const ListenerConfig& listener) {
      return listener.inherited < 0 && fits(listener);
    });
    return found == listeners.end() ? nullptr : &*found;
  };
  if (auto* same = first([&](const auto& listener) { return listener.address == socket.address; })) return same;
  const auto is_namesake = [&](const auto& listener) {
    return !socket.name.empty() && listener.upstream == socket.name;
  };
  if (auto* namesake = first(is_namesake)) return namesake;
  return first([&](const auto& listener) { return port_of(listener.address) == port_of(socket.address); });
}

}  // namespace

Result<std::vector<InheritedSocket>> inherited_sockets() {
  char** names = nullptr;
  constexpr int forget_variables = 1;
  const int count = sd_listen_fds_with_names(forget_variables, &names);
  std::vector<InheritedSocket> sockets;
  for (int i = 0; i < count; ++i) {
    const int handle = SD_LISTEN_FDS_START + i;
    sockets.push_back({handle, names != nullptr && names[i] != nullptr ? names[i] : "", listening_address(handle)});
    if (names != nullptr) free(names[i]);
  }
  free(names);
  for (const auto& socket : sockets) {
    if (socket.address.empty())
      return Error{"the inherited socket " + std::to_string(socket.handle) + " (" + socket.name +
                   ") is no listening TCP socket"};
  }
  return sockets;
}

void assign_sockets(const std::vector<InheritedSocket>& sockets, Config& config) {
  for (const auto& socket : sockets) {
    if (socket.name == "admin") {
      config.admin.address = socket.address;
      config.admin.inherited = socket.handle;
      continue;
    }
    auto* listener = listener_for(socket, config.listeners);
    if (listener == nullptr) listener = &config.listeners.emplace_back();
    listener->address = socket.address;
    listener->inherited = socket.handle;
  }
}

}  // namespace cachearr::app::systemd
