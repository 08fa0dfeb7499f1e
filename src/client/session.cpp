#include "client/session.hpp"

#include <utility>

#include "client/delivery.hpp"
#include "client/http2/http2_session.hpp"
#include "client/tunnel/connect.hpp"
#include "client/turn_away.hpp"
#include "net/head_parser.hpp"

namespace cachearr::client {

using net::IoError;

namespace {

constexpr std::size_t kMaxBatch = 256 * 1024;  // of answers to pipelined requests

}  // namespace

Session::Session(ClientContext& worker, std::shared_ptr<const pipeline::ListenerInfo> listener,
                 std::unique_ptr<net::Stream> stream, const net::Peer& peer)
    : Exchange{worker, client_state_},
      client_state_{{std::move(listener), {}, peer.address, to_string(peer.address), nullptr}, nullptr, {}},
      stream_{std::move(stream)},
      sink_{worker.outputs, *stream_} {
  reply_to(sink_);
  worker_.loop.add(*this);
  worker_.cells.client_connections.add();
  worker_.clients.connections.fetch_add(1, std::memory_order_relaxed);
}

Session::~Session() {
  worker_.cells.client_connections.subtract();
  give_place_back();
  worker_.loop.remove(*this);
}

/// What has arrived is answered. Where a first request may be on its way, the first time asks for nothing.
void Session::ask_to_close(bool at_once) noexcept {
  if (std::exchange(client_.leaving, true)) expects_first_ = false;
  if (http2_ && !at_once) return http2_->leave();
  if (at_once || (is_idle() && !expects_first_ && !net::has_unread(*stream_))) stream_->close();
}

void Session::give_place_back() noexcept {
  if (std::exchange(has_place_, false)) worker_.clients.connections.fetch_sub(1, std::memory_order_relaxed);
}

/// Its place is free at once; what is left of it ends in its own coroutine.
bool Session::give_way() noexcept {
  if (net::has_unread(*stream_)) return false;
  give_place_back();
  ask_to_close(true);
  return true;
}

/// A client that may not use the proxy any more loses its connection, tunnels included.
void Session::policy_changed() noexcept {
  if (!is_allowed()) ask_to_close(true);
}

bool Session::try_flush(Unsent& unsent) {
  if (sink_.empty()) return true;
  const auto total = sink_.bytes();
  const auto sent = stream_->try_write(sink_.slices());
  worker_.cells.bytes_to_clients.add(total);
  if (sent.error == IoError::none && sent.bytes < total) {
    unsent.output = sink_.take();
    unsent.sent = sent.bytes;
    return false;
  }
  sink_.clear();
  if (sent.error != IoError::none) stream_->close();
  return true;
}

net::Task<Next> Session::send_rest(Unsent unsent) {
  auto slices = unsent.output->slices();
  const auto left = net::drop_front(slices, unsent.sent);
  stream_->arm(worker_.settings().config.timeouts.client_idle);
  const auto error = co_await net::write_all(*stream_, left);
  stream_->disarm();
  if (error != IoError::none) stream_->close();
  co_return error == IoError::none ? Next::go_on : Next::close;
}

net::Task<Next> Session::flush() {
  Unsent unsent;
  if (try_flush(unsent)) co_return stream_->is_open() ? Next::go_on : Next::close;
  const auto next = co_await send_rest(std::move(unsent));
  co_return next;
}

net::Task<bool> Session::send_interim(const std::string& head) {
  const auto sent = co_await net::write_all(*stream_, head);
  co_return sent == IoError::none;
}

std::optional<Exchange::FastPath> Session::answer_memoized() {
  if (inbox_.empty() || !is_allowed()) return std::nullopt;
  std::size_t head_bytes = 0;
  const auto answered = recall(inbox_.readable(), head_bytes);
  if (!answered) return std::nullopt;
  head_wait_.head_is_there(*stream_);
  expects_first_ = false;
  inbox_.consume(head_bytes);
  return answered;
}

/// Consumes the head unless somebody else goes on with it.
Exchange::FastPath Session::answer_fast(pipeline::RequestContext& context, std::size_t head_bytes) {
  const auto path = answer_here(context, inbox_.readable().substr(0, head_bytes));
  if (path == FastPath::answered || path == FastPath::answered_last) inbox_.consume(head_bytes);
  return path;
}

net::Task<net::IoResult> Session::read_more(std::size_t size, Duration limit) {
  if (is_done()) {
    stream_->close();
    co_return net::IoResult{0, IoError::cancelled};
  }
  stream_->arm(limit);
  begin_wait();
  const auto got = co_await inbox_.fill(*stream_, size);
  leave_idle();
  stream_->disarm();
  co_return got;
}

net::Task<Next> Session::run() {
  auto next = Next::go_on;
  if (client_.info.listener->tls) next = co_await enter_by_tls(*this);
  while (next == Next::go_on) {
    if (const auto recalled = answer_memoized()) {
      if (*recalled == FastPath::answered_last) next = Next::close;
      if (sink_.bytes() <= kMaxBatch) continue;
      const auto flushed = co_await flush();
      if (flushed == Next::close) co_return Next::close;
      continue;
    }
    const auto limit = worker_.settings().config.limits.max_header_bytes;
    pipeline::RequestContextPtr context;
    net::HeadParse parsed;
    if (!inbox_.empty()) {
      context = worker_.contexts.take(worker_.snapshot);
      parsed = net::parse_request_head(inbox_.readable(), limit, context->request.head);
    }
    if (parsed.kind == net::HeadParse::Kind::need_more) {
      context.reset();
      Unsent unsent;
      if (!try_flush(unsent)) {
        next = co_await send_rest(std::move(unsent));
        if (next == Next::close) co_return Next::close;
      }
      if (!stream_->is_open() || is_done()) co_return Next::close;
      const auto& timeouts = worker_.settings().config.timeouts;
      head_wait_.before_read(*stream_, inbox_, timeouts.client_idle, timeouts.client_header);
      begin_wait();
      const auto got = co_await stream_->read_some(inbox_.space(limit + 2));
      inbox_.added(got.bytes);
      leave_idle();
      if (got.error == IoError::none) continue;
      if (!net::HeadWait::ran_out(got, inbox_)) co_return Next::close;
      next = refuse_unread(net::kHeadTooLate.status, std::string{net::kHeadTooLate.what});
      continue;
    }
    head_wait_.head_is_there(*stream_);
    expects_first_ = false;
    if (parsed.kind == net::HeadParse::Kind::error) {
      next = refuse_unread(parsed.status, std::string{parsed.problem});
      continue;
    }
    const auto path = answer_fast(*context, parsed.consumed);
    switch (path) {
      case FastPath::answered: break;
      case FastPath::answered_last: next = Next::close; break;
      case FastPath::connect: next = co_await connect(*this, std::move(context), parsed.consumed); break;
      case FastPath::async: next = co_await serve_async(std::move(context), parsed.consumed); break;
    }
    context.reset();
    if (sink_.bytes() > kMaxBatch) {
      const auto flushed = co_await flush();
      if (flushed == Next::close) co_return Next::close;
    }
  }
  if (next == Next::http2) co_return next;
  const auto flushed = co_await flush();
  if (flushed == Next::go_on) co_await net::linger(*stream_, inbox_);
  co_return Next::close;
}

net::Task<Next> Session::serve_async(pipeline::RequestContextPtr context, std::size_t head_bytes) {
  auto job = make_job(std::move(context), inbox_.readable().substr(0, head_bytes));
  inbox_.consume(head_bytes);
  const auto flushed = co_await flush();
  if (flushed == Next::close) co_return Next::close;
  const auto next = co_await deliver(*this, std::move(job));
  co_return client_.leaving ? Next::close : next;
}

namespace {

net::Task<> serve(std::unique_ptr<Session> session) {
  const auto next = co_await session->run();
  if (next != Next::http2) co_return;
  const auto http2 = std::make_shared<Http2Session>(std::move(session));
  co_await http2->run();
}

}  // namespace

void start_session(ClientContext& worker, std::shared_ptr<const pipeline::ListenerInfo> listener,
                   std::unique_ptr<net::Stream> stream, const net::Peer& peer) {
  if (!find_place(worker)) return turn_away(worker, *listener, std::move(stream));
  auto session = std::make_unique<Session>(worker, std::move(listener), std::move(stream), peer);
  worker.loop.spawn(serve(std::move(session)), "session");
}

}  // namespace cachearr::client
