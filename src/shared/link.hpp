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

#include <cachearr/clock.hpp>

#include "net/resolver.hpp"
#include "net/stream.hpp"
#include "net/tls_connect.hpp"
#include "net/worker.hpp"
#include "shared/resp.hpp"
#include "shared/server_address.hpp"

namespace cachearr::shared {

struct LinkOptions {
  ServerAddress address;
  std::shared_ptr<const net::TlsTrust> trust;  // of rediss://
  std::string server_name;                     // empty: the host's own
  std::string client_name;                     // for CLIENT LIST
  std::size_t longest_text = 64 * 1024;
  Duration connect{3'000};
  Duration silence{7'000};  // an answer that is not there by then never comes: the link is broken
};

/// What the server has said of itself.
struct ServerInfo {
  std::string software = {};  // "redis" or "valkey"
  std::string version = {};
  std::string mode = {};    // standalone | cluster | sentinel
  std::string role = {};    // master | replica
  std::string run_id = {};  // new with each start
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  /// Null where the link broke before there was an answer.
  using Done = std::function<void(const Reply*)>;
  struct Hooks {
    std::function<void()> up;                  // commands may be sent from now on
    std::function<void()> down;                // all that was asked has been told so
    std::function<void(const Reply&)> pushed;  // what nobody asked for
  };

  Link(net::Worker& worker, LinkOptions options, Hooks hooks);
  /// Connects, and keeps connected until stop().
  void start();
  void stop() noexcept;
  /// Gives the connection up; another one is made.
  void reset() noexcept;
  /// The same, but another one would be no better for a while.
  void give_up(std::string why);

  bool is_up() const noexcept { return up_; }
  /// REQUIRES: is_up().
  void send(std::string command, Done done);
  void send(std::initializer_list<std::string_view> words, Done done) { send(command(words), std::move(done)); }
  const ServerInfo& server() const noexcept { return server_; }
  /// Why it is not up; empty: it is, or was never tried.
  const std::string& problem() const noexcept { return problem_; }

 private:
  enum class Failure : std::uint8_t { broken, refused };  // refused: trying again soon would change nothing
  net::Task<> run();
  net::Task<bool> connect();
  net::Task<bool> dial(std::string host, std::uint16_t port);
  net::Task<bool> find_master();
  net::Task<bool> introduce();
  net::Task<bool> take_run_id();
  net::Task<bool> wait_until_loaded();
  net::Task<std::optional<Reply>> ask(std::string command);
  net::Task<std::optional<Reply>> next_reply();
  net::Task<> read_replies();
  net::Task<> write_out();
  net::Task<> pause(Duration time);
  bool note_server(const Reply& hello);
  bool refuse(std::string why);
  bool fail(std::string why);
  void end_connection() noexcept;
  void take(const Reply& reply);

  net::Worker& worker_;
  LinkOptions options_;
  Hooks hooks_;
  net::Resolver resolver_;
  std::shared_ptr<net::Stream> stream_;  // coroutines hold the one they wait for
  ReplyReader reader_;
  std::string unread_;
  std::deque<std::string> out_;
  std::deque<Done> pending_;
  ServerInfo server_;
  std::string problem_;
  Failure failure_ = Failure::broken;
  bool up_ = false;
  bool writing_ = false;
  bool stopped_ = false;
  std::uint32_t attempts_ = 0;
};

}  // namespace cachearr::shared
