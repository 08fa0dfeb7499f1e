#include "client/http2/http2_exchange.hpp"

#include <utility>

#include "client/delivery.hpp"
#include "client/http2/http2_session.hpp"
#include "net/head_parser.hpp"

namespace cachearr::client {

namespace {

/// A request that is answered by a coroutine counts until that has ended, even where its client gave it up before.
class AtWork {
 public:
  explicit AtWork(Http2Session& session) noexcept : session_{session} {}
  ~AtWork() { session_.end_work(); }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  Http2Session& session_;
};

/// The session outlives the exchange, and both the answer.
net::Task<> answer_http2(std::shared_ptr<Http2Session> session, std::shared_ptr<Http2Exchange> exchange,
                         std::shared_ptr<fetch::FetchJob> job) {
  const AtWork at_work{*session};
  try {
    co_await deliver(*exchange, std::move(job));
  } catch (...) {
    exchange->finish();
    throw;
  }
  exchange->finish();
}

}  // namespace

Http2Exchange::Http2Exchange(Http2Session& session, net::Http2StreamId stream)
    : Exchange{session.worker(), session.client()},
      Deadline{session.loop().deadlines()},
      session_{session},
      stream_{stream},
      sink_{session.loop(), session.http2(), stream} {
  reply_to(sink_);
  sink_.count_in(session.taken_by_clients());
}

net::Task<Next> Http2Exchange::flush() {
  session_.go_on();
  give_time();
  const bool sent = co_await sink_.drain();
  disarm();
  co_return sent ? Next::go_on : Next::close;
}

net::Task<bool> Http2Exchange::send_interim(const std::string& head) {
  sink_.inform(head);
  session_.go_on();
  co_return !request_->is_stale();
}

/// Null where nothing is left to do.
pipeline::RequestContextPtr Http2Exchange::answer_at_once() {
  std::size_t head_bytes = 0;
  if (is_allowed() && recall(head_, head_bytes)) return {};
  auto context = worker_.contexts.take(worker_.snapshot);
  const auto limit = worker_.settings().config.limits.max_header_bytes;
  const auto parsed = net::parse_request_head(head_, limit, context->request.head);
  if (parsed.kind != net::HeadParse::Kind::complete) {
    const bool cut = parsed.kind == net::HeadParse::Kind::need_more;
    refuse_unread(cut ? 400 : parsed.status, cut ? "malformed header section" : std::string{parsed.problem});
    return {};
  }
  switch (answer_here(*context, head_)) {
    case FastPath::async: return context;
    case FastPath::connect: refuse_unread(501, "CONNECT is not taken inside HTTP/2"); break;
    case FastPath::answered:
    case FastPath::answered_last: break;
  }
  return {};
}

void Http2Exchange::begin(net::Http2Event request) {
  if (request.refusal) {
    refuse_unread(request.refusal->status, std::string{request.refusal->what});
    return give_time();
  }
  head_ = std::move(request.text);
  auto context = answer_at_once();
  if (context) return answer_slowly(std::move(context), request.body);
  give_time();
}

void Http2Exchange::give_time() noexcept {
  moved_before_ = sink_.moved();
  sink_.is_waiting() ? arm(worker_.settings().config.timeouts.client_idle) : disarm();
}

/// Others of this connection may go on, so that nobody but the stream's own window tells that it is left alone: a
/// connection that is slow as a whole has its own limit.
void Http2Exchange::expire() noexcept {
  const bool blocked = sink_.is_waiting() && session_.http2().is_blocked(stream_);
  if (!blocked || sink_.moved() - moved_before_ >= kLeastTaken) return give_time();
  const auto self = shared_from_this();
  sink_.give_up();
  session_.go_on();
}

void Http2Exchange::answer_slowly(pipeline::RequestContextPtr context, http::Framing::Body body) {
  request_.emplace(session_, stream_, body);
  auto job = make_job(std::move(context), head_);
  session_.begin_work();
  session_.loop().spawn(answer_http2(session_.shared_from_this(), shared_from_this(), std::move(job)), "HTTP/2");
}

void Http2Exchange::finish() {
  if (!sink_.is_complete()) sink_.reset();
  request_->close();
  session_.go_on();
  give_time();
}

void Http2Exchange::hear(const net::Http2Event& event) {
  using Kind = net::Http2Event::Kind;
  if (event.kind == Kind::closed) sink_.close();
  if (!request_) return session_.taken(stream_, event.text.size());
  switch (event.kind) {
    case Kind::data: return request_->append(event.text);
    case Kind::end: return request_->end();
    case Kind::closed: return request_->break_off();
    case Kind::request: break;
  }
}

}  // namespace cachearr::client
