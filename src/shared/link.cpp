#include "shared/link.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace cachearr::shared {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kReadSize = 16 * 1024, kGather = 16 * 1024;
constexpr Duration kFirstPause{100}, kLongestPause{2'000}, kPauseWhenRefused{30'000};

}  // namespace

Link::Link(net::Worker& worker, LinkOptions options, Hooks hooks)
    : worker_{worker},
      options_{std::move(options)},
      hooks_{std::move(hooks)},
      resolver_{worker},
      reader_{options_.longest_text} {}

void Link::start() { worker_.spawn(run(), "a link of the shared tier"); }

void Link::stop() noexcept {
  stopped_ = true;
  reset();
}

void Link::reset() noexcept {
  if (stream_) stream_->close();
}

void Link::give_up(std::string why) {
  refuse(std::move(why));
  reset();
}

bool Link::refuse(std::string why) {
  failure_ = Failure::refused;
  problem_ = std::move(why);
  return false;
}

/// What follows from giving up is no failure of its own.
bool Link::fail(std::string why) {
  if (failure_ == Failure::refused) return false;
  problem_ = std::move(why);
  return false;
}

net::Task<> Link::pause(Duration time) {
  asio::steady_timer timer{worker_.context()};
  timer.expires_after(time);
  auto wait = timer.async_wait(asio::as_tuple(asio::deferred));
  co_await std::move(wait);
}

net::Task<> Link::run() {
  const auto self = shared_from_this();
  while (!stopped_) {
    const bool connected = co_await connect();
    if (connected && !stopped_) {
      attempts_ = 0;
      problem_.clear();
      up_ = true;
      hooks_.up();
      co_await read_replies();
    }
    end_connection();
    if (stopped_) co_return;
    const auto doubled = kFirstPause * (1U << std::min(attempts_++, 5U));
    const auto time = failure_ == Failure::refused ? kPauseWhenRefused : std::min(doubled, kLongestPause);
    failure_ = Failure::broken;
    co_await pause(time);
  }
}

/// Whoever waits for an answer hears that none comes.
void Link::end_connection() noexcept {
  const bool was_up = std::exchange(up_, false);
  if (stream_) stream_->close();
  out_.clear();
  unread_.clear();
  reader_ = ReplyReader{options_.longest_text};
  const auto pending = std::exchange(pending_, {});
  for (const auto& done : pending) done(nullptr);
  if (was_up) hooks_.down();
}

net::Task<std::optional<Reply>> Link::ask(std::string command) {
  const auto stream = stream_;
  stream->arm(options_.connect);
  const auto sent = co_await net::write_all(*stream, command);
  if (sent != net::IoError::none) {
    fail("the server took no command: " + std::string{net::name_of(sent)});
    co_return std::optional<Reply>{};
  }
  auto reply = co_await next_reply();
  stream->disarm();
  co_return reply;
}

net::Task<std::optional<Reply>> Link::next_reply() {
  const auto stream = stream_;
  std::string_view rest = unread_;
  auto status = reader_.feed(rest);
  unread_.erase(0, unread_.size() - rest.size());
  while (status == ReplyReader::Status::need_more) {
    unread_.resize(kReadSize);
    const auto got = co_await stream->read_some(unread_);
    unread_.resize(got.error == net::IoError::none ? got.bytes : 0);
    if (got.error != net::IoError::none) {
      fail(got.error == net::IoError::timed_out ? "the server does not answer"
                                                : "the connection broke: " + std::string{net::name_of(got.error)});
      co_return std::optional<Reply>{};
    }
    rest = unread_;
    status = reader_.feed(rest);
    unread_.erase(0, unread_.size() - rest.size());
  }
  if (status == ReplyReader::Status::ready) co_return std::optional<Reply>{reader_.take()};
  refuse("the server does not speak the protocol of Redis");
  co_return std::optional<Reply>{};
}

net::Task<> Link::read_replies() {
  for (;;) {
    const auto reply = co_await next_reply();
    if (!reply) co_return;
    take(*reply);
    if (!stream_ || !stream_->is_open() || stopped_) co_return;
  }
}

void Link::take(const Reply& reply) {
  if (reply.kind == Reply::Kind::push) {
    if (hooks_.pushed) hooks_.pushed(reply);
    return;
  }
  if (pending_.empty()) {
    fail("the server answers what nobody asked");
    return reset();
  }
  const auto done = std::move(pending_.front());
  pending_.pop_front();
  if (pending_.empty()) {
    stream_->disarm();
  } else {
    stream_->arm(options_.silence);
  }
  // What a failover has left behind takes no writes: as good as a lost connection.
  const bool moved = reply.is_error("READONLY");
  done(&reply);
  if (moved) {
    fail("the server has become a replica");
    reset();
  }
}

void Link::send(std::string command, Done done) {
  if (pending_.empty()) stream_->arm(options_.silence);
  pending_.push_back(std::move(done));
  if (out_.size() > 1 && out_.back().size() + command.size() <= kGather) {
    out_.back() += command;
  } else {
    out_.push_back(std::move(command));
  }
  if (std::exchange(writing_, true)) return;
  worker_.spawn(write_out(), "a link of the shared tier");
}

/// The front is on its way and stays as it is; what comes meanwhile is gathered behind it.
net::Task<> Link::write_out() {
  const auto self = shared_from_this();
  const auto stream = stream_;
  while (up_ && stream == stream_ && !out_.empty()) {
    const auto now = std::exchange(out_.front(), {});
    const auto sent = co_await net::write_all(*stream, now);
    if (!out_.empty()) out_.pop_front();
    if (sent == net::IoError::none) continue;
    fail("the connection broke: " + std::string{net::name_of(sent)});
    reset();
    break;
  }
  writing_ = false;
}

}  // namespace cachearr::shared
