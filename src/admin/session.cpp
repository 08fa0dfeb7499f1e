#include "admin/session.hpp"

#include <string>

#include "net/event.hpp"
#include "net/http_server.hpp"

namespace cachearr::admin {

using http::Framing;
using Outcome = net::HttpServer::Outcome;

namespace {

/// How often a stream that has nothing to send is looked at again.
constexpr Duration kStreamPause{150};
constexpr std::string_view kNothing;

/// Lets one coroutine wait a while.
class Pause final : public net::Deadline {
 public:
  explicit Pause(net::Worker& worker) : Deadline{worker.deadlines()}, over_{worker} {}
  net::Task<> wait(Duration limit) {
    arm(limit);
    return over_.wait();
  }

 private:
  void expire() noexcept override { over_.set(); }
  net::Event over_;
};

/// One request and its answer. Shared with the pool while the call runs there, so that neither side can outlive what
/// it looks at.
struct PendingCall {
  explicit PendingCall(net::Worker& worker) : done{worker} {}
  net::HttpServer::Request request;
  Api::Admitted admitted;  // looks into `request`
  Answer answer;
  net::Event done;
};

/// Once: sessions that are given up with their loop have nobody to tell.
void tell_that_it_is_empty(SessionList& list) {
  if (const auto tell = std::exchange(list.when_empty, {})) tell();
}

Answer try_later(std::string_view detail) {
  auto answer = problem(503, detail);
  answer.fields = "Retry-After: 1\r\n";
  return answer;
}

}  // namespace

class Session {
 public:
  Session(SessionList& list, std::unique_ptr<net::Stream> stream, const ip::Address& peer)
      : list_{list},
        peer_{peer},
        connection_{std::move(stream), net::HttpLimits{}, list.idle_order},
        place_{list.sessions.insert(list.sessions.end(), this)} {}
  ~Session() {
    list_.sessions.erase(place_);
    if (list_.ending && list_.sessions.empty()) tell_that_it_is_empty(list_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  net::Task<> run();
  bool is_idle() const noexcept { return connection_.is_idle(); }
  /// True while it sends a stream, which ends only by being closed.
  bool is_streaming() const noexcept { return streaming_; }
  void close() noexcept { connection_.close(); }

 private:
  enum class Next : std::uint8_t { read, finish, end };

  net::Task<Next> answer_one();
  net::Task<Next> serve(std::shared_ptr<PendingCall> pending);
  net::Task<> run_in_pool(std::shared_ptr<PendingCall> pending);
  net::Task<Next> send(const Answer& answer, bool keep_alive, bool with_content = true);
  net::Task<Next> send_stream(std::shared_ptr<PendingCall> pending);
  net::Task<Next> send_refusal(http::Refusal refusal);

  SessionList& list_;
  const ip::Address peer_;
  net::HttpServer connection_;
  std::list<Session*>::iterator place_;
  bool streaming_ = false;
};

net::Task<Session::Next> Session::send(const Answer& answer, bool keep_alive, bool with_content) {
  const bool stays = keep_alive && !list_.ending;
  const auto head = serialise_head(answer, stays);
  const auto body = with_content ? answer.content() : std::string_view();
  const auto sent = co_await connection_.write(head, body);
  co_return !sent ? Next::end : stays ? Next::read : Next::finish;
}

/// Until the client goes, or the program ends.
net::Task<Session::Next> Session::send_stream(std::shared_ptr<PendingCall> pending) {
  streaming_ = true;
  const auto begun = co_await send(pending->answer, false);
  if (begun == Next::end) co_return Next::end;
  Pause pause{list_.worker};
  std::string piece;
  while (!list_.ending && !connection_.is_abandoned()) {
    piece.clear();
    const bool more = pending->answer.stream->pull(piece);
    if (!piece.empty()) {
      const auto sent = co_await connection_.write(piece, kNothing);
      if (!sent) break;
    }
    if (!more) co_await pause.wait(kStreamPause);
  }
  co_return Next::end;
}

net::Task<Session::Next> Session::send_refusal(http::Refusal refusal) {
  const auto answer = problem(refusal.status, refusal.what);
  const auto next = co_await send(answer, false);
  co_return next;
}

/// Waits for the call without holding up the loop.
net::Task<> Session::run_in_pool(std::shared_ptr<PendingCall> pending) {
  auto job = [pending, worker = list_.worker.handle(), &api = list_.api](const std::stop_token& stop) {
    if (stop.stop_requested()) {
      pending->answer = try_later("the program is stopping");
    } else {
      pending->answer = api.run(pending->admitted, pending->request.body, stop);
    }
    worker.post([pending] { pending->done.set(); });
  };
  if (list_.pool.submit(std::move(job))) {
    co_await pending->done.wait();
  } else {
    pending->answer = try_later("too many calls are under way; try again");
  }
}

net::Task<Session::Next> Session::serve(std::shared_ptr<PendingCall> pending) {
  auto& request = pending->request;
  const auto& framing = request.framing;
  const bool with_content = request.head.head.method != http::Method::head;
  auto admitted = list_.api.admit(request.head.head, framing, list_.local, peer_);
  if (!admitted) {
    // The body of a call that was refused is not read.
    const bool keep_alive = framing.keep_alive && framing.body == Framing::Body::none;
    const auto next = co_await send(admitted.error(), keep_alive, with_content);
    co_return next;
  }
  pending->admitted = std::move(*admitted);
  const auto read = co_await connection_.read_body(request, pending->admitted.body_limit);
  if (read.kind == Outcome::Kind::ended) co_return Next::end;
  if (read.kind == Outcome::Kind::refused) {
    const auto next = co_await send_refusal(read.refusal);
    co_return next;
  }
  if (pending->admitted.route->runs == Runs::on_loop) {
    pending->answer = list_.api.run(pending->admitted, request.body, {});
  } else {
    co_await run_in_pool(pending);
  }
  if (pending->answer.stream && with_content) {
    const auto next = co_await send_stream(std::move(pending));
    co_return next;
  }
  const bool keep_alive = framing.keep_alive && !pending->answer.stream;
  const auto next = co_await send(pending->answer, keep_alive, with_content);
  co_return next;
}

net::Task<Session::Next> Session::answer_one() {
  auto pending = std::make_shared<PendingCall>(list_.worker);
  const auto read = co_await connection_.read_head(pending->request);
  if (read.kind == Outcome::Kind::ended) co_return Next::end;
  if (read.kind == Outcome::Kind::refused) {
    const auto next = co_await send_refusal(read.refusal);
    co_return next;
  }
  const auto next = co_await serve(std::move(pending));
  co_return next;
}

net::Task<> Session::run() {
  auto next = Next::read;
  while (next == Next::read) next = co_await answer_one();
  if (next == Next::finish) co_await connection_.finish();
}

namespace {

net::Task<> live(std::unique_ptr<Session> session) { co_await session->run(); }

/// False where everybody is busy.
bool find_place(SessionList& list) {
  return list.sessions.size() < SessionList::kMost || list.idle_order.end_longest();
}

}  // namespace

void start_session(SessionList& list, std::unique_ptr<net::Stream> stream, const ip::Address& peer) {
  if (list.ending || !find_place(list)) return;
  list.worker.spawn(live(std::make_unique<Session>(list, std::move(stream), peer)), "admin session");
}

void end_sessions(SessionList& list, std::function<void()> when_empty) {
  list.ending = true;
  list.when_empty = std::move(when_empty);
  if (list.sessions.empty()) tell_that_it_is_empty(list);
  for (auto* const session : list.sessions)
    if (session->is_idle() || session->is_streaming())
      session->close();  // only marks: the session ends in its own coroutine
}

}  // namespace cachearr::admin
