#include "shared/link.hpp"

#include <algorithm>

#include "shared/link_node.hpp"

namespace cachearr::shared {

namespace {

constexpr Duration kFirstFall{100}, kLongestFall{1'000}, kPauseWhenUseless{30'000};

}  // namespace

Link::Link(net::Worker& worker, LinkOptions options, Hooks hooks)
    : worker_{worker}, options_{std::move(options)}, hooks_{std::move(hooks)} {
  auto entry = options_.connection;
  entry.where = [this, named = std::move(entry.where)]() -> Result<std::vector<ServerHost>> {
    auto hosts = named();
    return hosts ? Result<std::vector<ServerHost>>{seeds(*std::move(hosts))} : hosts;
  };
  entry_ = std::make_shared<Connection>(worker_, std::move(entry),
                                        Connection::Hooks{[this] { entry_up(); }, [this] { entry_down(); }, {}});
}

Link::~Link() = default;

void Link::start() { entry_->start(); }

void Link::stop() noexcept {
  entry_->stop();
  for (const auto& [place, node] : nodes_) node->connection->stop();
}

void Link::reset() {
  if (mode_ != Mode::cluster) return entry_->reset();
  if (up_) fall("it was given up");
}

void Link::give_up(std::string why) {
  if (mode_ == Mode::cluster) return fall(why, kPauseWhenUseless);
  entry_->give_up(std::move(why));
}

/// What the URL names, and then whoever was there before: who is named may be the one that is away.
std::vector<ServerHost> Link::seeds(std::vector<ServerHost> named) const {
  for (const auto& host : known_)
    if (std::find(named.begin(), named.end(), host) == named.end()) named.push_back(host);
  return named;
}

void Link::entry_up() {
  const auto mode = entry_->server().mode == "cluster" ? Mode::cluster : Mode::one_server;
  if (up_ && mode == mode_) return;
  if (up_) return fall("the server is another one");
  mode_ = mode;
  mode == Mode::cluster ? ask_map(*entry_) : set_up();
}

void Link::entry_down() {
  if (mode_ == Mode::cluster || !std::exchange(up_, false)) return;
  hooks_.down();
}

void Link::set_up() {
  problem_.clear();
  falls_ = 0;
  up_ = true;
  hooks_.up();
}

/// All of a Cluster is given up, and the map is asked for anew: soon, and then each time a little later.
void Link::fall(const std::string& why, std::optional<Duration> pause) {
  problem_ = why;
  ++generation_;
  map_.reset();
  next_.reset();
  asking_map_ = false;
  const bool was_up = std::exchange(up_, false);
  const auto doubled = kFirstFall * (1U << std::min(falls_++, 5U));
  entry_->give_up(why, pause.value_or(std::min(doubled, kLongestFall)));
  drop_nodes();
  if (was_up) hooks_.down();
}

void Link::send(std::string command, Done done) {
  if (mode_ != Mode::cluster) return entry_->send(std::move(command), std::move(done));
  const auto node = node_of(key_of(command));
  pass(std::make_shared<Call>(Call{std::move(command), std::move(done), generation_}), node, false);
}

const ServerInfo& Link::server() const noexcept {
  const auto node = mode_ == Mode::cluster ? node_of(std::nullopt) : nullptr;
  return node ? node->connection->server() : entry_->server();
}

const ServerInfo& Link::server_of(std::string_view key) const noexcept {
  const auto node = mode_ == Mode::cluster ? node_of(key) : nullptr;
  return node ? node->connection->server() : entry_->server();
}

std::uint64_t Link::received_for(std::string_view key) const noexcept {
  const auto node = mode_ == Mode::cluster ? node_of(key) : nullptr;
  return node ? node->connection->received() : entry_->received();
}

std::vector<Connection*> Link::masters() const {
  std::vector<Connection*> all;
  if (!up_) return all;
  if (mode_ != Mode::cluster) return {entry_.get()};
  for (const auto& host : map_->masters())
    if (const auto found = nodes_.find({host.name, host.port}); found != nodes_.end())
      all.push_back(found->second->connection.get());
  return all;
}

const std::string& Link::problem() const noexcept {
  const bool tells_itself = mode_ == Mode::cluster && (up_ || !problem_.empty());
  return tells_itself ? problem_ : entry_->problem();
}

}  // namespace cachearr::shared
