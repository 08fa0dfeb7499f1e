#include "shared/connection.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace cachearr::shared {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kReadSize = 16 * 1024, kGather = 16 * 1024;
constexpr Duration kFirstPause{100}, kLongestPause{1'000}, kPauseWhenRefused{30'000};
constexpr std::string_view kTask = "a connection of the shared tier";

}  // namespace

Connection::Connection(net::Worker& worker, ConnectionOptions options, Hooks hooks)
    : worker_{worker}, options_{std::move(options)}, hooks_{std::move(hooks)}, resolver_{worker} {}

void Connection::start() { worker_.spawn(run(), kTask); }

void Connection::stop() noexcept {
  stopped_ = true;
  reset();
}

void Connection::reset() noexcept {
  if (wire_) wire_->stream->close();
}

void Connection::give_up(std::string why) { give_up(std::move(why), kPauseWhenRefused); }

void Connection::give_up(std::string why, Duration pause) {
  refuse(std::move(why));
  refused_for_ = pause;
  ++first_host_;
  reset();
}

bool Connection::refuse(std::string why) {
  refused_for_ = kPauseWhenRefused;
  problem_ = std::move(why);
  return false;
}

/// What follows from giving up is no failure of its own.
bool Connection::fail(std::string why) {
  if (!refused_for_) problem_ = std::move(why);
  return false;
}

net::Task<> Connection::pause(Duration time) {
  asio::steady_timer timer{worker_.context()};
  timer.expires_after(time);
  auto wait = timer.async_wait(asio::as_tuple(asio::deferred));
  co_await std::move(wait);
}

net::Task<> Connection::run() {
  const auto self = shared_from_this();
  while (!stopped_) {
    const bool connected = co_await connect();
    if (connected && !stopped_) {
      attempts_ = 0;
      problem_.clear();
      refused_for_.reset();
      up_ = true;
      hooks_.up();
      co_await read_replies();
    }
    end_wire();
    if (stopped_) co_return;
    const auto doubled = kFirstPause * (1U << std::min(attempts_++, 5U));
    const auto time = refused_for_.value_or(std::min(doubled, kLongestPause));
    refused_for_.reset();
    co_await pause(time);
  }
}

void Connection::use(std::unique_ptr<net::Stream> stream) {
  wire_ = std::make_shared<Wire>(std::move(stream), options_.longest_text);
}

/// Whoever waits for an answer hears that none comes.
void Connection::end_wire() noexcept {
  up_ = false;
  if (const auto wire = std::exchange(wire_, nullptr)) {
    wire->stream->close();
    for (const auto& done : std::exchange(wire->pending, {})) done(nullptr);
  }
  hooks_.down();
}

net::Task<std::optional<Reply>> Connection::ask(std::string command) {
  const auto wire = wire_;
  wire->stream->arm(options_.connect);
  const auto sent = co_await net::write_all(*wire->stream, command);
  if (sent != net::IoError::none) {
    fail("the server took no command: " + std::string{net::name_of(sent)});
    co_return std::optional<Reply>{};
  }
  auto reply = co_await next_reply(wire);
  wire->stream->disarm();
  co_return reply;
}

net::Task<std::optional<Reply>> Connection::next_reply(WirePtr wire) {
  auto& unread = wire->unread;
  std::string_view rest = unread;
  auto status = wire->reader.feed(rest);
  unread.erase(0, unread.size() - rest.size());
  while (status == ReplyReader::Status::need_more) {
    unread.resize(kReadSize);
    const auto got = co_await wire->stream->read_some(unread);
    unread.resize(got.error == net::IoError::none ? got.bytes : 0);
    received_ += unread.size();
    if (got.error != net::IoError::none) {
      fail(got.error == net::IoError::timed_out ? "the server does not answer"
                                                : "the connection broke: " + std::string{net::name_of(got.error)});
      co_return std::optional<Reply>{};
    }
    rest = unread;
    status = wire->reader.feed(rest);
    unread.erase(0, unread.size() - rest.size());
  }
  if (status == ReplyReader::Status::ready) co_return std::optional<Reply>{wire->reader.take()};
  refuse("the server does not speak the protocol of Redis");
  co_return std::optional<Reply>{};
}

net::Task<> Connection::read_replies() {
  const auto wire = wire_;
  for (;;) {
    const auto reply = co_await next_reply(wire);
    if (!reply) co_return;
    take(*wire, *reply);
    if (!wire->stream->is_open() || stopped_) co_return;
  }
}

void Connection::take(Wire& wire, const Reply& reply) {
  if (reply.kind == Reply::Kind::push) {
    if (hooks_.pushed) hooks_.pushed(reply);
    return;
  }
  if (wire.pending.empty()) {
    // Of what was sent for no answer only a refusal is told.
    if (reply.is_error()) return static_cast<void>(fail(reply.text.substr(0, 200)));
    fail("the server answers what nobody asked");
    return reset();
  }
  const auto done = std::move(wire.pending.front());
  wire.pending.pop_front();
  if (wire.pending.empty()) {
    wire.stream->disarm();
  } else {
    wire.stream->arm(options_.silence);
  }
  // What a failover has left behind takes no writes: as good as a lost connection.
  const bool moved = reply.is_error("READONLY");
  done(&reply);
  if (moved) {
    fail("the server has become a replica");
    reset();
  }
}

void Connection::send(std::string command, Done done) {
  auto& wire = *wire_;
  if (done && wire.pending.empty()) wire.stream->arm(options_.silence);
  if (done) wire.pending.push_back(std::move(done));
  if (wire.out.size() > 1 && wire.out.back().size() + command.size() <= kGather) {
    wire.out.back() += command;
  } else {
    wire.out.push_back(std::move(command));
  }
  if (std::exchange(wire.writing, true)) return;
  worker_.spawn(write_out(wire_), kTask);
}

/// The front is on its way and stays as it is; what comes meanwhile is gathered behind it.
net::Task<> Connection::write_out(WirePtr wire) {
  const auto self = shared_from_this();
  while (!wire->out.empty()) {
    const auto sent = co_await net::write_all(*wire->stream, wire->out.front());
    wire->out.pop_front();
    if (sent == net::IoError::none) continue;
    wire->out.clear();
    if (wire == wire_) {
      fail("the connection broke: " + std::string{net::name_of(sent)});
      reset();
    }
  }
  wire->writing = false;
}

}  // namespace cachearr::shared
