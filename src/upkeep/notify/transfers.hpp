// Sends to channels by libcurl, many at a time: certificates are verified, parent proxies respected, redirects not
// followed, and no transfer lasts for ever.
//
// Owned by the notifier; its thread alone calls everything but wake().
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "upkeep/notify/outgoing.hpp"
#include "upkeep/notify/send_result.hpp"

namespace cachearr::upkeep {

class Transfers {
 public:
  using Done = std::function<void(const SendResult&)>;
  static constexpr Duration kLongest = std::chrono::seconds{30};

  Transfers();
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  /// `done` is called within a later run(), or never where this is destroyed first. `longest`: how long it may take.
  void begin(const NotificationConfig& channel, Outgoing request, Done done, Duration longest = kLongest);
  /// Moves what can be moved, then waits for more of it: at most `most`, or until wake().
  void run(Duration most);
  /// Any thread.
  void wake() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What an answer of a service means; `body`: its beginning.
SendResult result_of_answer(long status, const std::string& body, const NotificationConfig& channel);

}  // namespace cachearr::upkeep
