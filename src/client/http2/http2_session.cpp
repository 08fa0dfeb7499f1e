#include "client/http2/http2_session.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "net/http_server.hpp"

namespace cachearr::client {

using net::IoError;

namespace {

constexpr std::uint32_t kStreams = 100;
constexpr std::size_t kLargeRead = 16 * 1024;
constexpr Duration kFarewell{1000};

/// Set as long as this lives.
class Raised {
 public:
  explicit Raised(bool& flag) noexcept : flag_{flag} { flag_ = true; }
  ~Raised() { flag_ = false; }
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;

 private:
  bool& flag_;
};

net::Http2Limits limits_of(Session& connection) {
  return {static_cast<std::size_t>(connection.worker().settings().config.limits.max_header_bytes), kStreams};
}

}  // namespace

Http2Session::Http2Session(std::unique_ptr<Session> connection)
    : connection_{std::move(connection)}, http2_{limits_of(*connection_)} {
  connection_->client().http2 = true;
  connection_->hand_over(this);
}

Http2Session::~Http2Session() { connection_->hand_over(nullptr); }

/// Arms the deadline where it is armed for something else, or where there was progress.
void Http2Session::watch() noexcept {
  const auto wait = waits_for();
  // A request that was answered at once leaves no other trace.
  const bool asked = std::exchange(asked_, false);
  const bool progress = wait == Wait::request ? asked : wait == Wait::client && taken_ - taken_before_ >= kLeastTaken;
  if (over_ || (wait == wait_ && !progress)) return;
  wait_ = wait;
  taken_before_ = taken_;
  wait == Wait::request ? connection_->begin_wait() : connection_->end_wait();
  auto& stream = connection_->stream();
  const auto& timeouts = worker().settings().config.timeouts;
  switch (wait) {
    case Wait::none: return stream.disarm();
    case Wait::head: return stream.arm(timeouts.client_header);
    case Wait::end: return stream.arm(kFarewell);
    case Wait::request:
    case Wait::client: return stream.arm(timeouts.client_idle);
  }
}

Http2Session::Wait Http2Session::waits_for() const noexcept {
  const auto waits = [](const auto& each) { return each.second->is_waiting(); };
  const bool held = writing_ || (http2_.is_blocked() && std::any_of(exchanges_.begin(), exchanges_.end(), waits));
  if (held) return Wait::client;
  if (told_end_) return Wait::end;
  if (http2_.reads_head()) return Wait::head;
  return exchanges_.empty() && at_work_ == 0 ? Wait::request : Wait::none;
}

net::Task<bool> Http2Session::read() {
  const auto into = large_ ? std::span<char>{large_.get(), kLargeRead} : std::span<char>{small_};
  const auto got = co_await connection_->stream().read_some(into);
  if (got.error == IoError::timed_out) http2_.go_away();
  if (got.error != IoError::none) co_return false;
  hear({into.data(), got.bytes});
  const bool full = got.bytes == into.size();
  if (full && !large_) large_ = std::make_unique_for_overwrite<char[]>(kLargeRead);
  if (!full) large_.reset();
  co_return true;
}

/// Who has said goodbye still gets what stands in the output.
bool Http2Session::is_listening() noexcept {
  if (over_ || !connection_->stream().is_open()) return false;
  return hears_ || (writing_ && !http2_.has_failed());
}

net::Task<> Http2Session::run() {
  // Who has unread bytes is not idle; these are read now.
  const std::string first{connection_->inbox().readable()};
  connection_->inbox().consume(first.size());
  hear(first);
  bool reads = true;
  while (reads && is_listening()) reads = co_await read();
  go_on();
  end();
  if (connection_->stream().is_open()) co_await net::linger(connection_->stream(), connection_->inbox());
  connection_->stream().close();
}

void Http2Session::hear(std::string_view bytes) {
  hears_ = http2_.feed(bytes, std::chrono::steady_clock::now());
  go_on();
}

/// Events in their order, those included that sending makes.
void Http2Session::hear_and_send() {
  const Raised going{going_};
  auto events = http2_.take_events();
  do {
    again_ = false;
    for (auto& event : events) handle(std::move(event));
    send();
    events = http2_.take_events();
  } while (again_ || !events.empty());
}

/// Whatever is done to an event may lead here again: what follows it must not overtake it.
void Http2Session::go_on() {
  again_ = true;
  if (going_) return;
  hear_and_send();
  if (!over_ && !writing_ && !told_end_ && http2_.is_over()) {
    told_end_ = true;
    connection_->stream().shutdown_write();
  }
  watch();
}

void Http2Session::handle(net::Http2Event event) {
  using Kind = net::Http2Event::Kind;
  const auto stream = event.stream;
  if (event.kind == Kind::request) {
    asked_ = true;
    if (at_work_ >= kStreams || over_) return http2_.reset(stream, net::Http2Connection::Reset::refused);
    const auto exchange = std::make_shared<Http2Exchange>(*this, stream);
    exchanges_.emplace(stream, exchange);
    return exchange->begin(std::move(event));
  }
  const auto found = exchanges_.find(stream);
  if (found == exchanges_.end()) return http2_.consumed(stream, event.text.size());
  const auto exchange = found->second;
  if (event.kind == Kind::closed) exchanges_.erase(found);
  exchange->hear(event);
}

void Http2Session::taken(net::Http2StreamId stream, std::size_t bytes) {
  if (bytes == 0) return;
  http2_.consumed(stream, bytes);
  go_on();
}

/// As much as the kernel takes; a coroutine goes on once it takes more.
void Http2Session::send() {
  auto& stream = connection_->stream();
  while (!writing_ && !over_) {
    const auto out = http2_.output();
    if (out.empty()) return;
    const auto one = net::slice(out);
    const auto sent = stream.try_write({&one, 1});
    if (sent.error != IoError::none) {
      end();
      return stream.close();
    }
    http2_.sent(sent.bytes);
    worker().cells.bytes_to_clients.add(sent.bytes);
    if (sent.bytes == out.size()) continue;
    writing_ = true;
    loop().spawn(write_rest(shared_from_this()), "HTTP/2");
  }
}

net::Task<> Http2Session::write_rest(std::shared_ptr<Http2Session> self) {
  const auto ready = co_await self->connection_->stream().wait_writable();
  writing_ = false;
  if (ready == IoError::none) {
    go_on();
  } else {
    end();
    connection_->stream().close();
  }
}

/// Nobody is left to answer: whoever still does learns so.
void Http2Session::end() noexcept {
  over_ = true;
  connection_->end_wait();
  const auto exchanges = std::exchange(exchanges_, {});
  net::Http2Event closed;
  for (const auto& [stream, exchange] : exchanges) {
    closed.stream = stream;
    exchange->hear(closed);
  }
}

void Http2Session::leave() noexcept {
  http2_.go_away();
  go_on();
  if (exchanges_.empty() && at_work_ == 0 && !writing_) connection_->stream().close();
}

void Http2Session::end_work() noexcept {
  --at_work_;
  if (!going_) watch();
}

}  // namespace cachearr::client
