// Which server is the master, as its Sentinels say: all of them are listened to, so that nobody stays with an old
// master that still answers, or believes a Sentinel that stayed behind with it.
//
// Belongs to the tier's thread; connections refer to it until that thread has ended.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/connection.hpp"

namespace cachearr::shared {

/// What one Sentinel says: the later epoch of two is right. A plain value.
struct MasterWord {
  std::int64_t epoch = 0;
  ServerHost host;
};
/// What is right of what they say; null where nobody says anything.
const MasterWord* latest(const std::vector<std::optional<MasterWord>>& words) noexcept;

class Sentinels {
 public:
  /// `options`: with the Sentinels as the hosts of its address, and the name of the master. `moved`: it is another one.
  Sentinels(net::Worker& worker, const ConnectionOptions& options, std::function<void()> moved);
  Sentinels(const Sentinels&) = delete;
  Sentinels& operator=(const Sentinels&) = delete;

  void start();
  void stop() noexcept;
  /// Each second: they are asked as well, since what is told may be lost.
  void tick();
  /// The last one known, or why none is.
  Result<std::vector<ServerHost>> master() const;

 private:
  void up(std::size_t which);
  void ask(std::size_t which);
  void take_epoch(std::size_t which, const Reply& reply);
  void take_address(std::size_t which, const Reply& reply);
  void look();

  std::string name_;  // of the master
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::int64_t> epochs_;
  std::vector<std::optional<MasterWord>> words_;
  std::vector<std::string> problems_;
  std::optional<ServerHost> master_;
  std::int64_t epoch_ = 0;  // of the word that named it
  int older_words_ = 0;     // heard since
  std::function<void()> moved_;
};

}  // namespace cachearr::shared
