// The feed of one upstream: connects to its hub, tells what changes, and comes back after a break. Owned by EventFeeds
// and by its own coroutine; everything but status() is for the thread of its loop.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "net/worker.hpp"
#include "origin/connections.hpp"
#include "pipeline/config_snapshot.hpp"
#include "upkeep/feed/feed_status.hpp"
#include "upkeep/feed/hub_client.hpp"
#include "upkeep/feed/hub_protocol.hpp"

namespace cachearr::upkeep {

/// What a feed is made from; another one is another feed.
struct FeedTarget {
  HubAddress hub;  // without its key, which is read at each try
  std::string upstream, key_file;
  Hash128 key_hash;  // empty: the file cannot be read
  friend bool operator==(const FeedTarget& a, const FeedTarget& b);
};

/// What a feed does beside its connection. Called on its loop.
struct FeedHooks {
  std::function<bool()> may_connect;                      // the operator has not paused the upstream
  std::function<std::size_t(const rules::Message&)> act;  // gives how many invalidations followed
  std::function<bool(std::string_view)> knows_event;      // rules name it
  std::function<void(bool soft)> gap;                     // changes may have been missed
};

class Feed : public std::enable_shared_from_this<Feed> {
 public:
  Feed(net::Worker& loop, origin::Connections& connections, const Clock& clock, FeedTarget target,
       pipeline::FeedStatePtr state, FeedHooks hooks);

  const FeedTarget& target() const noexcept { return target_; }
  void start();
  /// For good.
  void end();
  /// Every second: keeps the connection alive, and ends it where it may not be.
  void tick();
  FeedStatus status() const;  // any thread

 private:
  using Steady = std::chrono::steady_clock;
  net::Task<> run(std::shared_ptr<Feed> self);
  net::Task<> pause(Duration length);
  /// Returns once there is no connection any more; why.
  net::Task<HubFailure> connect_and_listen();
  net::Task<HubFailure> listen_to_websocket(origin::ConnectionPtr connection);
  net::Task<HubFailure> listen_by_polling(std::string token);
  /// False where the hub has ended, as `why` tells.
  bool take(std::string_view bytes, HubFailure& why);
  bool take_frames(std::string_view bytes, HubFailure& why);
  void take_message(const rules::Message& message);
  void accepted();
  void up();
  void broke(const HubFailure& why);
  void send(http::WebSocketOpcode opcode, std::string_view payload);
  void flush();
  void down();
  void set_phase(FeedPhase phase);

  net::Worker& loop_;
  origin::Connections& connections_;
  const Clock& clock_;
  const FeedTarget target_;
  const pipeline::FeedStatePtr state_;
  const FeedHooks hooks_;
  boost::asio::steady_timer timer_;
  std::minstd_rand random_;

  bool ended_ = false, by_polling_ = false, is_up_ = false;
  unsigned failures_ = 0;              // in a row
  std::unique_ptr<HubClient> client_;  // of the try under way
  origin::ConnectionPtr websocket_;    // null: there is none
  std::unique_ptr<http::WebSocketReader> frames_;
  std::unique_ptr<HubReader> records_;
  std::string unsent_;
  Steady::time_point last_ping_{}, up_at_{};
  std::optional<Steady::time_point> accepted_at_;  // the hub has taken the handshake

  mutable std::mutex mutex_;  // guards the one below
  FeedStatus status_;
};

}  // namespace cachearr::upkeep
