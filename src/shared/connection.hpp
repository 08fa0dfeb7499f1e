// One connection to Redis or Valkey: it connects, introduces itself, sends commands one after another without waiting
// for answers, hands each answer to who asked, and connects again whenever it breaks.
//
// Belongs to one worker and is touched only on its thread; held by shared_ptr, since its coroutines hold it, too.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "net/resolver.hpp"
#include "net/stream.hpp"
#include "net/tls_connect.hpp"
#include "net/worker.hpp"
#include "shared/resp.hpp"
#include "shared/server_address.hpp"

namespace cachearr::shared {

struct ConnectionOptions {
  ServerAddress address;                       // how to introduce oneself, and the socket where it has one
  std::shared_ptr<const net::TlsTrust> trust;  // of rediss://
  std::string server_name;                     // empty: the host's own
  std::string client_name;                     // for CLIENT LIST
  std::size_t longest_text = 64 * 1024;
  Duration connect{3'000};
  Duration silence{7'000};   // an answer that is not there by then never comes: the connection is broken
  bool to_sentinel = false;  // it watches servers, and is none
  /// Where to try now, in this order; what is wrong where there is nothing to try.
  std::function<Result<std::vector<ServerHost>>()> where;
};

/// What the server has said of itself.
struct ServerInfo {
  std::string software = {};  // "redis" or "valkey"
  std::string version = {};
  std::string mode = {};    // standalone | cluster | sentinel
  std::string role = {};    // master | replica
  std::string run_id = {};  // new with each start
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// Null where the connection broke before there was an answer.
  using Done = std::function<void(const Reply*)>;
  struct Hooks {
    std::function<void()> up;                  // commands may be sent from now on
    std::function<void()> down;                // it broke, or was not made; all that was asked has been told so
    std::function<void(const Reply&)> pushed;  // what nobody asked for
  };

  Connection(net::Worker& worker, ConnectionOptions options, Hooks hooks);
  /// Connects, and keeps connected until stop().
  void start();
  void stop() noexcept;
  /// Gives the connection up; another one is made, beginning with another host where there are several.
  void reset() noexcept;
  /// The same, but another one would be no better for a while.
  void give_up(std::string why);
  void give_up(std::string why, Duration pause);

  bool is_up() const noexcept { return up_; }
  /// `done`: null where no answer comes, as to SUBSCRIBE. REQUIRES: is_up().
  void send(std::string command, Done done);
  void send(std::initializer_list<std::string_view> words, Done done) { send(command(words), std::move(done)); }
  const ServerInfo& server() const noexcept { return server_; }
  /// How many bytes have come: whether a long answer is on its way.
  std::uint64_t received() const noexcept { return received_; }
  /// The host that it leads to, as it was named; empty: a socket in the file system.
  const ServerHost& host() const noexcept { return host_; }
  /// Why it is not up; empty: it is, or was never tried.
  const std::string& problem() const noexcept { return problem_; }

 private:
  /// One stream with all that is on its way there and back: who still holds one that broke reaches no later one.
  struct Wire {
    Wire(std::unique_ptr<net::Stream> of, std::size_t longest_text) : stream{std::move(of)}, reader{longest_text} {}
    std::unique_ptr<net::Stream> stream;
    ReplyReader reader;
    std::string unread;
    std::deque<std::string> out;
    std::deque<Done> pending;
    bool writing = false;
  };
  using WirePtr = std::shared_ptr<Wire>;

  net::Task<> run();
  net::Task<bool> connect();
  net::Task<bool> dial(ServerHost host);
  net::Task<std::optional<Reply>> greet();
  net::Task<bool> introduce();
  net::Task<bool> select_database();
  net::Task<bool> take_run_id();
  net::Task<bool> wait_until_loaded();
  net::Task<std::optional<Reply>> ask(std::string command);
  net::Task<std::optional<Reply>> next_reply(WirePtr wire);
  net::Task<> read_replies();
  net::Task<> write_out(WirePtr wire);
  net::Task<> pause(Duration time);
  std::string greeting(bool with_password) const;
  bool note_server(const Reply& hello);
  bool refuse(std::string why);
  bool fail(std::string why);
  void use(std::unique_ptr<net::Stream> stream);
  void end_wire() noexcept;
  void take(Wire& wire, const Reply& reply);

  net::Worker& worker_;
  ConnectionOptions options_;
  Hooks hooks_;
  net::Resolver resolver_;
  WirePtr wire_;
  ServerInfo server_;
  ServerHost host_{{}, 0};
  std::string problem_;
  std::uint64_t received_ = 0;
  std::optional<Duration> refused_for_;  // trying again sooner would change nothing
  bool up_ = false;
  bool stopped_ = false;
  std::uint32_t attempts_ = 0;
  std::size_t first_host_ = 0;  // of those to try: one that answers, but is of no use, is tried last
};

}  // namespace cachearr::shared
