// How a connection is made, and what both sides say of themselves.
#include "net/connect.hpp"

#include <algorithm>
#include <utility>

#include "net/local_connect.hpp"
#include "net/tcp_stream.hpp"
#include "shared/connection.hpp"

namespace cachearr::shared {

namespace {

constexpr Duration kPauseWhileLoading{250};
constexpr std::size_t kLongestShown = 200;

/// What the server says about itself in "INFO server" behind this name.
std::string info_value(std::string_view info, std::string_view name) {
  const auto at = info.find(std::string{name} + ":");
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size() + 1;
  return std::string{info.substr(begin, info.find_first_of("\r\n", begin) - begin)};
}

/// Servers repeat words of what they refuse, and a HELLO may hold the password: then only the kind of error is shown.
std::string shown_error(const Reply& error, bool has_password) {
  const auto end = has_password ? error.text.find(' ') : kLongestShown;
  return error.text.substr(0, std::min(end, kLongestShown));
}

bool concerns_rights(const Reply& error) noexcept {
  return error.is_error("WRONGPASS") || error.is_error("NOAUTH") || error.is_error("NOPERM");
}

}  // namespace

net::Task<bool> Connection::dial(ServerHost host) {
  const auto place = host.name + ":" + std::to_string(host.port);
  host_ = host;
  auto addresses = co_await resolver_.resolve(host.name, options_.connect);
  if (!addresses) co_return fail(addresses.error().what);
  auto connected = co_await net::connect_any(worker_, std::move(*addresses), host.port, options_.connect);
  if (!connected) co_return fail("cannot connect to " + place + ": " + connected.error().what);
  if (!options_.address.tls) {
    use(net::make_tcp_stream(worker_, std::move(*connected)));
    co_return true;
  }
  std::string name = options_.server_name.empty() ? host.name : options_.server_name;
  auto secured =
      co_await net::connect_tls(worker_, std::move(*connected), *options_.trust, std::move(name), options_.connect);
  if (!secured) co_return fail(place + ": " + secured.error().what);
  use(std::move(*secured));
  co_return true;
}

/// Whoever answers first is taken; where that one is of no use, the next try begins behind it.
net::Task<bool> Connection::connect() {
  bool connected = false;
  if (!options_.address.socket_path.empty()) {
    auto opened = net::connect_local(worker_, options_.address.socket_path);
    if (!opened) co_return fail(opened.error().what);
    use(std::move(*opened));
    connected = true;
  } else {
    const auto hosts = options_.where();
    if (!hosts) co_return fail(hosts.error().what);
    for (std::size_t i = 0; !connected && i < hosts->size() && !stopped_; ++i) {
      auto host = (*hosts)[(first_host_ + i) % hosts->size()];
      connected = co_await dial(std::move(host));
    }
  }
  if (!connected) co_return false;
  const bool introduced = co_await introduce();
  if (!introduced) ++first_host_;
  co_return introduced;
}

bool Connection::note_server(const Reply& hello) {
  const auto text = [&hello](std::string_view name) {
    const auto* const value = hello.find(name);
    return value ? value->text : std::string{};
  };
  server_ = {text("server"), text("version"), text("mode"), text("role"), {}};
  const bool sentinel = server_.mode == "sentinel";
  if (options_.to_sentinel) return sentinel || refuse("this is no Sentinel, as ?master=NAME in the URL says");
  if (sentinel) return refuse("this is a Sentinel: name the master by ?master=NAME in the URL");
  if (server_.mode == "cluster")
    return options_.address.database == 0 || refuse("a Cluster has no other database than 0");
  if (server_.role == "replica" || server_.role == "slave")
    return fail("the server is a replica, which takes no writes");
  return true;
}

std::string Connection::greeting(bool with_password) const {
  const auto& address = options_.address;
  if (address.password.empty() || !with_password) return command({"HELLO", "3", "SETNAME", options_.client_name});
  const std::string user = address.user.empty() ? "default" : address.user;
  return command({"HELLO", "3", "AUTH", user, address.password, "SETNAME", options_.client_name});
}

/// Sentinels need no password, or often the same one.
net::Task<std::optional<Reply>> Connection::greet() {
  auto hello = co_await ask(greeting(!options_.to_sentinel));
  if (hello && hello->is_error("NOAUTH") && options_.to_sentinel) hello = co_await ask(greeting(true));
  co_return hello;
}

net::Task<bool> Connection::introduce() {
  const auto hello = co_await greet();
  if (!hello) co_return false;
  if (hello->is_error()) {
    const auto why = shown_error(*hello, !options_.address.password.empty());
    if (concerns_rights(*hello)) co_return refuse("the server refuses HELLO: " + why);
    if (hello->is_error("LOADING")) co_return fail("the server is still loading its data");
    co_return refuse("the server does not speak RESP3 (Redis 6.2 or Valkey is needed): " + why);
  }
  if (hello->kind != Reply::Kind::map) co_return refuse("the server does not speak the protocol of Redis");
  if (!note_server(*hello)) co_return false;
  if (options_.to_sentinel) co_return true;
  const bool loaded = co_await wait_until_loaded();
  if (!loaded) co_return false;
  const bool selected = co_await select_database();
  if (!selected) co_return false;
  const bool known = co_await take_run_id();
  co_return known;
}

net::Task<bool> Connection::select_database() {
  if (options_.address.database == 0) co_return true;
  auto select = command({"SELECT", std::to_string(options_.address.database)});
  const auto selected = co_await ask(std::move(select));
  if (!selected) co_return false;
  if (selected->is_error()) co_return refuse("SELECT: " + selected->text.substr(0, kLongestShown));
  co_return true;
}

/// HELLO is answered while data is loaded, and a PING is not.
net::Task<bool> Connection::wait_until_loaded() {
  for (;;) {
    auto ping = command({"PING"});
    const auto pong = co_await ask(std::move(ping));
    if (!pong) co_return false;
    if (!pong->is_error()) co_return true;
    if (concerns_rights(*pong)) co_return refuse("the server refuses PING: " + pong->text.substr(0, kLongestShown));
    problem_ = "the server is not ready: " + pong->text.substr(0, kLongestShown);
    co_await pause(kPauseWhileLoading);
    if (stopped_) co_return false;
  }
}

net::Task<bool> Connection::take_run_id() {
  auto question = command({"INFO", "server"});
  const auto info = co_await ask(std::move(question));
  if (!info) co_return false;
  if (info->is_error()) co_return refuse("the server refuses INFO: " + info->text.substr(0, kLongestShown));
  server_.run_id = info_value(info->text, "run_id");
  co_return true;
}

}  // namespace cachearr::shared
