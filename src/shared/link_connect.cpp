// How a link gets to its server: connecting, and what both say of themselves.
#include <algorithm>
#include <utility>

#include "net/connect.hpp"
#include "net/local_connect.hpp"
#include "net/tcp_stream.hpp"
#include "shared/link.hpp"

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

net::Task<bool> Link::dial(std::string host, std::uint16_t port) {
  const auto where = host + ":" + std::to_string(port);
  auto addresses = co_await resolver_.resolve(host, options_.connect);
  if (!addresses) co_return fail(addresses.error().what);
  auto connected = co_await net::connect_any(worker_, std::move(*addresses), port, options_.connect);
  if (!connected) co_return fail("cannot connect to " + where + ": " + connected.error().what);
  if (!options_.address.tls) {
    stream_ = net::make_tcp_stream(worker_, std::move(*connected));
    co_return true;
  }
  std::string name = options_.server_name.empty() ? host : options_.server_name;
  auto secured =
      co_await net::connect_tls(worker_, std::move(*connected), *options_.trust, std::move(name), options_.connect);
  if (!secured) co_return fail(where + ": " + secured.error().what);
  stream_ = std::move(*secured);
  co_return true;
}

net::Task<bool> Link::connect() {
  const auto& address = options_.address;
  bool connected = false;
  if (!address.socket_path.empty()) {
    auto opened = net::connect_local(worker_, address.socket_path);
    if (!opened) co_return fail(opened.error().what);
    stream_ = std::move(*opened);
    connected = true;
  } else if (!address.master.empty()) {
    connected = co_await find_master();
  }
  for (std::size_t i = 0; !connected && address.master.empty() && i < address.hosts.size() && !stopped_; ++i) {
    const auto host = address.hosts[i];
    connected = co_await dial(host.name, host.port);
  }
  if (!connected) co_return false;
  const bool introduced = co_await introduce();
  co_return introduced;
}

/// Asks one Sentinel after the other who the master is, and connects there.
net::Task<bool> Link::find_master() {
  for (const auto& sentinel : options_.address.hosts) {
    const bool reached = co_await dial(sentinel.name, sentinel.port);
    if (!reached) continue;
    auto question = command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options_.address.master});
    const auto reply = co_await ask(std::move(question));
    stream_->close();
    unread_.clear();
    if (!reply || reply->kind != Reply::Kind::list || reply->items.size() != 2) {
      fail("the Sentinel " + sentinel.name + " knows no master \"" + options_.address.master + "\"");
      continue;
    }
    const auto host = reply->items[0].text;
    const auto port = static_cast<std::uint16_t>(reply->items[1].to_number());
    const bool there = co_await dial(host, port);
    if (there) co_return true;
  }
  co_return false;
}

bool Link::note_server(const Reply& hello) {
  const auto text = [&hello](std::string_view name) {
    const auto* const value = hello.find(name);
    return value ? value->text : std::string{};
  };
  server_ = {text("server"), text("version"), text("mode"), text("role"), {}};
  if (server_.mode == "sentinel") return refuse("this is a Sentinel: name the master by ?master=NAME in the URL");
  if (server_.mode == "cluster") return refuse("a Cluster is not spoken to: name a single server, or Sentinels");
  if (server_.role == "replica" || server_.role == "slave")
    return fail("the server is a replica, which takes no writes");
  return true;
}

net::Task<bool> Link::introduce() {
  const auto& address = options_.address;
  const std::string user = address.user.empty() ? "default" : address.user;
  auto hello = address.password.empty()
                   ? command({"HELLO", "3", "SETNAME", options_.client_name})
                   : command({"HELLO", "3", "AUTH", user, address.password, "SETNAME", options_.client_name});
  const auto greeting = co_await ask(std::move(hello));
  if (!greeting) co_return false;
  if (greeting->is_error()) {
    const auto why = shown_error(*greeting, !address.password.empty());
    if (concerns_rights(*greeting)) co_return refuse("the server refuses HELLO: " + why);
    if (greeting->is_error("LOADING")) co_return fail("the server is still loading its data");
    co_return refuse("the server does not speak RESP3 (Redis 6.2 or Valkey is needed): " + why);
  }
  if (greeting->kind != Reply::Kind::map) co_return refuse("the server does not speak the protocol of Redis");
  if (!note_server(*greeting)) co_return false;
  const bool loaded = co_await wait_until_loaded();
  if (!loaded) co_return false;
  if (address.database != 0) {
    auto select = command({"SELECT", std::to_string(address.database)});
    const auto selected = co_await ask(std::move(select));
    if (!selected) co_return false;
    if (selected->is_error()) co_return refuse("SELECT: " + selected->text.substr(0, kLongestShown));
  }
  const bool known = co_await take_run_id();
  co_return known;
}

/// HELLO is answered while data is loaded, and a PING is not.
net::Task<bool> Link::wait_until_loaded() {
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

net::Task<bool> Link::take_run_id() {
  auto question = command({"INFO", "server"});
  const auto info = co_await ask(std::move(question));
  if (!info) co_return false;
  if (info->is_error()) co_return refuse("the server refuses INFO: " + info->text.substr(0, kLongestShown));
  server_.run_id = info_value(info->text, "run_id");
  co_return true;
}

}  // namespace cachearr::shared
