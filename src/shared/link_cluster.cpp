// A link through a Cluster: the map of its slots, its masters, and commands that are sent on.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "shared/link.hpp"
#include "shared/link_node.hpp"

namespace cachearr::shared {

namespace {

constexpr int kMostDetours = 12;  // a slot that is on its way says "try again" for a while
constexpr std::chrono::milliseconds kSoon{25};

}  // namespace

void Link::ask_map(Connection& of) {
  if (std::exchange(asking_map_, true)) return;
  of.send({"CLUSTER", "SLOTS"}, [this, asked = of.host().name, generation = generation_](const Reply* reply) {
    if (generation != generation_) return;
    asking_map_ = false;
    if (reply) take_map(*reply, asked);
  });
}

void Link::take_map(const Reply& reply, const std::string& asked) {
  const bool refused = reply.is_error("NOPERM") || reply.is_error("ERR");
  if (refused) return fall("the server refuses CLUSTER SLOTS: " + reply.text.substr(0, 200), Duration{30'000});
  auto map = SlotMap::read(reply, asked);
  if (!map || !map->is_complete()) return fall("the Cluster is down: not all of its slots are served");
  known_ = map->nodes();
  next_ = std::move(map);
  for (const auto& host : needed(*next_)) node_at(host);
  use_map();
}

std::vector<ServerHost> Link::needed(const SlotMap& map) const {
  if (!options_.only_home) return map.masters();
  return {*map.master_of(slot_of(options_.home))};
}

Link::NodePtr Link::node_at(const ServerHost& host) {
  auto& node = nodes_[{host.name, host.port}];
  if (node) return node;
  node = std::make_shared<Node>(Node{host});
  auto options = options_.connection;
  options.address.socket_path.clear();
  options.where = [host] { return Result<std::vector<ServerHost>>{std::vector{host}}; };
  const std::weak_ptr<Node> weak = node;
  const auto told = [this, weak](void (Link::*what)(const NodePtr&)) {
    return [this, weak, what] {
      if (const auto known = weak.lock()) (this->*what)(known);
    };
  };
  node->connection = std::make_shared<Connection>(worker_, std::move(options),
                                                  Connection::Hooks{told(&Link::node_up), told(&Link::node_down), {}});
  node->connection->start();
  return node;
}

void Link::node_up(const NodePtr& node) {
  const auto waiting = std::exchange(node->waiting, {});
  for (const auto& [call, asking] : waiting) pass(call, node, asking);
  use_map();
}

/// One master away is the Cluster away, and so is a server that does not do what it was to do: whoever has asked may
/// rely on being told. One that serves nothing any more is missed by nobody.
void Link::node_down(const NodePtr& node) {
  const auto at = nodes_.find({node->host.name, node->host.port});
  if (at == nodes_.end() || at->second != node) return;
  const auto is_needed = [&](const std::optional<SlotMap>& map) {
    if (!map) return false;
    const auto hosts = needed(*map);
    return std::find(hosts.begin(), hosts.end(), node->host) != hosts.end();
  };
  if (is_needed(map_) || is_needed(next_) || !node->waiting.empty()) return fall(node->connection->problem());
  nodes_.erase(at);
  node->connection->stop();
}

/// A map is in force from when all that it names are connected.
void Link::use_map() {
  if (!next_) return;
  for (const auto& host : needed(*next_))
    if (!node_at(host)->connection->is_up()) return;
  map_ = std::exchange(next_, std::nullopt);
  if (!up_) look_whether_it_serves();
}

/// Masters that answer may still say that the Cluster is down.
void Link::look_whether_it_serves() {
  node_of(std::nullopt)
      ->connection->send({"EXISTS", options_.home}, [this, generation = generation_](const Reply* reply) {
        if (!reply || generation != generation_ || up_) return;
        if (reply->is_error("CLUSTERDOWN")) return fall("the Cluster is down: " + reply->text.substr(0, 200));
        set_up();
      });
}

Link::NodePtr Link::node_of(std::optional<std::string_view> key) const noexcept {
  const auto* const host = map_ ? map_->master_of(slot_of(key.value_or(options_.home))) : nullptr;
  const auto found = host ? nodes_.find({host->name, host->port}) : nodes_.end();
  return found == nodes_.end() ? nullptr : found->second;
}

void Link::pass(const CallPtr& call, const NodePtr& node, bool asking) {
  if (!node->connection->is_up()) return node->waiting.push_back({call, asking});
  if (asking) node->connection->send({"ASKING"}, [](const Reply*) {});
  // The connection keeps this until it is answered, so it must not keep the node that has the connection.
  const std::weak_ptr<Node> weak = node;
  node->connection->send(call->command, [this, call, weak](const Reply* reply) { take(call, weak.lock(), reply); });
}

void Link::take(const CallPtr& call, const NodePtr& node, const Reply* reply) {
  if (call->generation != generation_ || !node) return call->done(nullptr);
  if (!reply) {
    const auto& problem = node->connection->problem();
    fall(problem.empty() ? "a command got no answer" : problem);
    return call->done(nullptr);
  }
  if (!reply->is_error()) return call->done(reply);
  if (reply->is_error("CLUSTERDOWN")) {
    fall("the Cluster is down: " + reply->text.substr(0, 200));
    return call->done(nullptr);
  }
  const auto redirect = read_redirect(*reply);
  const bool again = reply->is_error("TRYAGAIN");
  if ((!redirect && !again) || ++call->detours > kMostDetours) return call->done(reply);
  again ? again_soon(call) : follow(call, node, *redirect);
}

/// Who says that a slot has moved knows of it, so that one is asked for the new map.
void Link::follow(const CallPtr& call, const NodePtr& node, const Redirect& redirect) {
  auto host = redirect.host;
  if (host.name.empty()) host.name = node->host.name;
  if (!redirect.is_for_once && !next_) ask_map(*node->connection);
  pass(call, node_at(host), redirect.is_for_once);
}

void Link::again_soon(const CallPtr& call) {
  auto timer = std::make_shared<boost::asio::steady_timer>(worker_.context());
  timer->expires_after(kSoon);
  timer->async_wait([this, call, timer](const boost::system::error_code&) {
    if (call->generation != generation_) return call->done(nullptr);
    pass(call, node_of(key_of(call->command)), false);
  });
}

void Link::drop_nodes() {
  for (const auto& [place, node] : std::exchange(nodes_, {})) {
    node->connection->stop();
    for (const auto& [call, asking] : std::exchange(node->waiting, {})) call->done(nullptr);
  }
}

}  // namespace cachearr::shared
