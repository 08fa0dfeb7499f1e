// A connection to a real Redis for the simulator: blocking, several commands at a time. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/draw.hpp"
#include "shared/resp.hpp"

namespace cachearr::sim {

class Redis {
 public:
  /// On this machine. Ends the program where there is none.
  explicit Redis(std::uint16_t port);
  ~Redis();
  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;

  void send(const shared::Words& words);
  /// The answer to the oldest command that has none yet.
  shared::Reply read();
  shared::Reply call(const shared::Words& words) {
    send(words);
    return read();
  }
  std::uint64_t commands() const noexcept { return commands_; }

 private:
  void flush();

  int socket_ = -1;
  std::string out_, unread_;
  std::string_view rest_;
  shared::ReplyReader reader_{1024 * 1024};
  std::uint64_t commands_ = 0;
};

[[noreturn]] void fail(const std::string& why);

}  // namespace cachearr::sim
