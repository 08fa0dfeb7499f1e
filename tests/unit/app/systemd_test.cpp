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
  EXPECT_TRUE(systemd::inherited_sockets().empty());
}

TEST(Systemd, SaysHowOftenItWantsToHearOfUs) {
  setenv("WATCHDOG_USEC", "30000000", 1);
  unsetenv("WATCHDOG_PID");
  EXPECT_EQ(systemd::watchdog_interval(), Duration{30'000});
  unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace cachearr::app
