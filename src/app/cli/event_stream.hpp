// Follows a stream of the running instance over its Unix socket, until it breaks off or the user has seen enough.
// Owned by one command; main thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "app/cli/admin_client.hpp"

namespace cachearr::app {

class EventStream {
 public:
  explicit EventStream(std::string socket_path);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  enum class End : std::uint8_t {
    broke_off,  // it had begun
    refused,    // `why` says why there is none
    not_there,  // nobody answers at the socket
    stopped     // by SIGINT or SIGTERM
  };
  struct Outcome {
    End end = End::broke_off;
    std::string why;
  };
  /// Hands over what comes, as it comes.
  Outcome follow(const std::string& target, const std::function<void(std::string_view)>& piece);
  /// False where a signal came meanwhile.
  bool wait(Duration pause);
  /// From within `piece`: the user has seen enough. follow() ends as by a signal.
  void stop() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cachearr::app
