// The way to the server for one purpose: one connection, or in a Cluster one to each master. Who sends knows of
// neither: a command goes to where its key lies, and follows it when its slot is moved.
//
//   outside of a Cluster   up while its one connection is
//   in a Cluster           up while every slot has a master and all of these are connected: it is there as a whole or
//                          it is away, and then all begins again with the map of its slots
//
// Commands for one slot may be taken in another order than they were sent while that slot is moved.
// Belongs to one worker and is touched only on its thread; connections and timers refer to it until that thread has
// ended.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/connection.hpp"
#include "shared/slots.hpp"

namespace cachearr::shared {

struct LinkOptions {
  ConnectionOptions connection;
  std::string home;        // in a Cluster: commands without a key go to where this one lies
  bool only_home = false;  // and no others are sent
};

class Link {
 public:
  /// Null where the link broke before there was an answer.
  using Done = Connection::Done;
  struct Hooks {
    std::function<void()> up;    // commands may be sent from now on
    std::function<void()> down;  // what was asked is told so, now or soon
  };

  Link(net::Worker& worker, LinkOptions options, Hooks hooks);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Connects, and keeps connected until stop().
  void start();
  void stop() noexcept;
  /// Gives what it has up; it is made anew.
  void reset();
  /// The same, but another one would be no better for a while.
  void give_up(std::string why);

  bool is_up() const noexcept { return up_ && (mode_ == Mode::cluster || entry_->is_up()); }
  /// REQUIRES: is_up().
  void send(std::string command, Done done);
  void send(std::initializer_list<std::string_view> words, Done done) { send(command(words), std::move(done)); }
  /// Who answers commands without a key.
  const ServerInfo& server() const noexcept;
  /// Who has this key, as far as is known here.
  const ServerInfo& server_of(std::string_view key) const noexcept;
  /// How many bytes have come from the server that has this key.
  std::uint64_t received_for(std::string_view key) const noexcept;
  /// Each server that has a part of the keys, connected: for what has to be asked of all. Empty while it is down.
  std::vector<Connection*> masters() const;
  /// Why it is not up; empty: it is, or was never tried.
  const std::string& problem() const noexcept;

 private:
  /// One command on its way through a Cluster.
  struct Call {
    std::string command;
    Done done;
    std::uint64_t generation;
    int detours = 0;
  };
  using CallPtr = std::shared_ptr<Call>;
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  enum class Mode : std::uint8_t { unknown, one_server, cluster };

  void entry_up();
  void entry_down();
  void set_up();
  void fall(const std::string& why, std::optional<Duration> pause = {});
  std::vector<ServerHost> seeds(std::vector<ServerHost> named) const;
  // link_cluster.cpp:
  void ask_map(Connection& of);
  void take_map(const Reply& reply, const std::string& asked);
  std::vector<ServerHost> needed(const SlotMap& map) const;
  NodePtr node_at(const ServerHost& host);
  void node_up(const NodePtr& node);
  void node_down(const NodePtr& node);
  void use_map();
  void look_whether_it_serves();
  NodePtr node_of(std::optional<std::string_view> key) const noexcept;
  void pass(const CallPtr& call, const NodePtr& node, bool asking);
  void take(const CallPtr& call, const NodePtr& node, const Reply* reply);
  void follow(const CallPtr& call, const NodePtr& node, const Redirect& redirect);
  void again_soon(const CallPtr& call);
  void drop_nodes();

  net::Worker& worker_;
  LinkOptions options_;
  Hooks hooks_;
  std::shared_ptr<Connection> entry_;  // outside of a Cluster it is all there is; in one it finds the others
  Mode mode_ = Mode::unknown;
  bool up_ = false;
  std::string problem_;  // of a Cluster
  std::uint32_t falls_ = 0;
  // In a Cluster:
  std::uint64_t generation_ = 0;  // of what is connected: what was sent before is not sent again
  std::optional<SlotMap> map_, next_;
  std::vector<ServerHost> known_;  // of the last map
  std::map<std::pair<std::string, std::uint16_t>, NodePtr> nodes_;
  bool asking_map_ = false;
};

}  // namespace cachearr::shared
