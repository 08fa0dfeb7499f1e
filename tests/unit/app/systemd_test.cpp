#include "app/systemd.hpp"

#include <array>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace cachearr::app {
namespace {

using testing::MatchesRegex;

/// systemd's end of the notification socket.
class Manager {
 public:
  Manager() {
    auto pattern = (std::filesystem::temp_directory_path() / "cachearr-notify-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    const auto path = folder_ + "/socket";
    socket_ = socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Manager() {
    unsetenv("NOTIFY_SOCKET");
    close(socket_);
    std::filesystem::remove_all(folder_);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  std::string told() const {
    std::array<char, 512> buffer{};
    const auto got = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return got < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
  }

 private:
  std::string folder_;
  int socket_;
};

TEST(Systemd, IsToldWhatGoesOn) {
  const Manager manager;
  systemd::notify_ready("serving 127.0.0.1:9797");
  EXPECT_EQ(manager.told(), "READY=1\nSTATUS=serving 127.0.0.1:9797");
  systemd::notify_reloading();
  EXPECT_THAT(manager.told(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  systemd::notify_alive();
  EXPECT_EQ(manager.told(), "WATCHDOG=1");
  systemd::notify_stopping();
  EXPECT_EQ(manager.told(), "STOPPING=1");
}

TEST(Systemd, MayBeAbsent) {
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  systemd::notify_ready("");
  EXPECT_FALSE(systemd::watchdog_interval());
  EXPECT_TRUE(systemd::inherited_sockets()->empty());
}

TEST(Systemd, SaysHowOftenItWantsToHearOfUs) {
  setenv("WATCHDOG_USEC", "30000000", 1);
  unsetenv("WATCHDOG_PID");
  EXPECT_EQ(systemd::watchdog_interval(), Duration{30'000});
  unsetenv("WATCHDOG_USEC");
}

std::vector<ListenerConfig> listeners(std::vector<std::pair<std::string, std::string>> addresses_and_upstreams) {
  std::vector<ListenerConfig> all;
  for (const auto& [address, upstream] : addresses_and_upstreams) {
    auto& listener = all.emplace_back();
    listener.address = address;
    listener.upstream = upstream;
  }
  return all;
}

Config with_sockets(std::vector<ListenerConfig> configured, const std::vector<systemd::InheritedSocket>& sockets) {
  Config config;
  config.listeners = std::move(configured);
  systemd::assign_sockets(sockets, config);
  return config;
}

TEST(SocketActivation, GivesASocketToTheListenerOfItsAddress) {
  const auto config = with_sockets(listeners({{"127.0.0.1:1", ""}, {"127.0.0.1:2", "sonarr"}}),
                                   {{3, "cachearr.socket", "127.0.0.1:2"}});
  EXPECT_EQ(config.listeners[0].inherited, -1);
  EXPECT_EQ(config.listeners[1].inherited, 3);
  EXPECT_EQ(config.listeners[1].upstream, "sonarr");
}

TEST(SocketActivation, GivesASocketToTheListenerOfTheUpstreamThatItIsNamedAfter) {
  const auto config =
      with_sockets(listeners({{"127.0.0.1:1", ""}, {"127.0.0.1:2", "sonarr"}}), {{3, "sonarr", "0.0.0.0:8989"}});
  EXPECT_EQ(config.listeners[1].inherited, 3);
  EXPECT_EQ(config.listeners[1].address, "0.0.0.0:8989");
}

TEST(SocketActivation, GivesASocketToTheListenerOfItsPort) {
  const auto config = with_sockets(listeners({{"127.0.0.1:9797", ""}}), {{3, "cachearr.socket", "0.0.0.0:9797"}});
  ASSERT_EQ(config.listeners.size(), 1U);
  EXPECT_EQ(config.listeners[0].address, "0.0.0.0:9797");
  EXPECT_EQ(config.listeners[0].inherited, 3);
}

TEST(SocketActivation, AddsAForwardListenerForASocketThatNobodyWaitsFor) {
  const auto config = with_sockets(listeners({{"127.0.0.1:1", ""}}), {{3, "cachearr.socket", "[::]:9797"}});
  ASSERT_EQ(config.listeners.size(), 2U);
  EXPECT_EQ(config.listeners[1].address, "[::]:9797");
  EXPECT_EQ(config.listeners[1].upstream, "");
}

TEST(SocketActivation, GivesNoListenerTwoSockets) {
  const auto config =
      with_sockets(listeners({{"127.0.0.1:9797", ""}}), {{3, "", "127.0.0.1:9797"}, {4, "", "[::1]:9797"}});
  ASSERT_EQ(config.listeners.size(), 2U);
  EXPECT_EQ(config.listeners[0].inherited, 3);
  EXPECT_EQ(config.listeners[1].inherited, 4);
}

TEST(SocketActivation, GivesTheSocketNamedAdminToTheAdminListener) {
  const auto config = with_sockets(listeners({{"127.0.0.1:1", ""}}), {{3, "admin", "127.0.0.1:5"}});
  EXPECT_EQ(config.admin.inherited, 3);
  EXPECT_EQ(config.admin.address, "127.0.0.1:5");
  EXPECT_EQ(config.listeners.size(), 1U);
}

}  // namespace
}  // namespace cachearr::app
