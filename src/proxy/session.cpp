#include "proxy/session.hpp"

#include <algorithm>

#include "caching/storing.hpp"
#include "http/date.hpp"
#include "net/head_parser.hpp"
#include "proxy/connect.hpp"
#include "proxy/delivery.hpp"
#include "proxy/public_pages.hpp"

namespace cachearr::proxy {

using http::FieldId;
using http::Method;
using net::IoError;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxBatch = 256 * 1024;  // of answers to pipelined requests
constexpr std::size_t kMaxMethod = 32;
constexpr Duration kLinger{1000};
constexpr std::size_t kMaxLinger = 256 * 1024;

Ending ending_of(const http::CacheStatus& cache, const Sent& sent, std::string_view error) {
  if (!error.empty() || sent.status == 0) return Ending::error;
  if (cache.hit) return cache.detail.empty() ? Ending::hit : Ending::stale;
  if (cache.forward == http::Forward::none) return Ending::error;
  if (cache.collapsed) return Ending::collapsed;
  if (cache.forward_status == 304 && cache.forward == http::Forward::stale) return Ending::revalidated;
  return cache.forward == http::Forward::bypass || cache.forward == http::Forward::method ? Ending::bypass
                                                                                          : Ending::miss;
}

/// One fewer than the client allows; -1 where the field is none.
int forwards_left(std::string_view value) {
  const auto said = http::parse_delta_seconds(value);
  return said && *said > 0 ? static_cast<int>(std::min<std::uint32_t>(*said, 1'000'000)) - 1 : -1;
}

/// Leaves HTTP behind where the origin agrees. HTTP/2 without TLS is not for proxies (RFC 9113 3.1).
bool wants_upgrade(const http::RequestHead& request) {
  const auto* const upgrade = request.fields.find(FieldId::upgrade);
  if (!upgrade || request.minor_version == 0 || upgrade->value.find("h2c") != std::string_view::npos) return false;
  return request.fields.joined(FieldId::connection).find_first_of("uU") != std::string::npos &&
         request.method == Method::get;
}

}  // namespace

Session::Session(Desk& desk, std::shared_ptr<const Door> door, std::unique_ptr<net::Stream> stream,
                 const net::Peer& peer)
    : desk_{desk},
      door_{std::move(door)},
      stream_{std::move(stream)},
      peer_{to_string(peer.address)},
      allowed_{desk.settings().may_use(peer.address)} {
  desk_.worker.admit(*this);
  desk_.cells.client_connections.add();
  desk_.services.connections.fetch_add(1, std::memory_order_relaxed);
}

Session::~Session() {
  desk_.cells.client_connections.subtract();
  desk_.services.connections.fetch_sub(1, std::memory_order_relaxed);
  desk_.worker.dismiss(*this);
}

void Session::leave(bool firmly) noexcept {
  leaving_ = true;
  if (firmly || (!busy_ && inbox_.empty())) stream_->close();
}

bool Session::try_flush(Unsent& unsent) {
  auto& output = desk_.output;
  if (output.empty()) return true;
  const auto total = output.bytes();
  const auto sent = stream_->try_write(output.slices());
  desk_.cells.bytes_to_clients.add(total);
  if (sent.error == IoError::none && sent.bytes < total) {
    // Others use the desk's output while this client takes its time.
    unsent.output = std::make_unique<Output>(std::exchange(output, Output{}));
    unsent.sent = sent.bytes;
    return false;
  }
  output.clear();
  if (sent.error != IoError::none) stream_->close();
  return true;
}

net::Task<Next> Session::send_rest(Unsent unsent) {
  auto slices = unsent.output->slices();
  const auto left = net::drop_front(slices, unsent.sent);
  stream_->arm(desk_.settings().config.timeouts.client_idle);
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

net::Task<net::IoResult> Session::read_more(std::size_t size, Duration limit) {
  stream_->arm(limit);
  busy_ = false;
  const auto got = co_await inbox_.fill(*stream_, size);
  busy_ = true;
  stream_->disarm();
  co_return got;
}

/// The head's time limit is for the whole head, not for each byte.
void Session::limit_wait() {
  const auto& timeouts = desk_.settings().config.timeouts;
  if (inbox_.empty()) {
    waits_for_head_ = false;
    stream_->arm(timeouts.client_idle);
  } else if (!waits_for_head_) {
    waits_for_head_ = true;
    stream_->arm(timeouts.client_header);
  }
}

/// The client may still be sending: closing at once would reset the connection and take the answer away from it.
net::Task<> Session::linger() {
  stream_->shutdown_write();
  stream_->arm(kLinger);
  std::size_t dropped = 0;
  for (;;) {
    inbox_.consume(inbox_.readable().size());
    if (dropped > kMaxLinger) break;
    const auto got = co_await inbox_.fill(*stream_, 16 * 1024);
    if (got.error != IoError::none) break;
    dropped += got.bytes;
  }
}

net::Task<> Session::run() {
  using Kind = net::HeadParse::Kind;
  auto next = Next::go_on;
  if (door_->tls) next = co_await enter_by_tls(*this);
  while (next == Next::go_on) {
    const auto limit = desk_.settings().config.limits.max_header_bytes;
    const auto parsed = net::parse_request_head(inbox_.readable(), limit, desk_.request);
    if (parsed.kind == Kind::need_more) {
      Unsent unsent;
      if (!try_flush(unsent)) {
        next = co_await send_rest(std::move(unsent));
        if (next == Next::close) co_return;
      }
      if (!stream_->is_open() || (leaving_ && inbox_.empty())) co_return;
      limit_wait();
      busy_ = false;
      const auto got = co_await stream_->read_some(inbox_.room(limit + 2));
      inbox_.added(got.bytes);
      busy_ = true;
      if (got.error == IoError::none) continue;
      if (got.error != IoError::timed_out || inbox_.empty()) co_return;
      next = refuse_unread(408, "the request did not arrive in time");
      continue;
    }
    stream_->disarm();
    waits_for_head_ = false;
    if (parsed.kind == Kind::error) {
      next = refuse_unread(parsed.status, std::string{parsed.problem});
      continue;
    }
    switch (answer_quickly(parsed.consumed)) {
      case Quick::answered: break;
      case Quick::answered_last: next = Next::close; break;
      case Quick::connect: next = co_await connect(*this, desk_.request, parsed.consumed); break;
      case Quick::slow: next = co_await answer_slowly(parsed.consumed); break;
    }
    if (desk_.output.bytes() > kMaxBatch) {
      const auto flushed = co_await flush();
      if (flushed == Next::close) co_return;
    }
  }
  const auto flushed = co_await flush();
  if (flushed == Next::go_on) co_await linger();
}

Next Session::refuse_unread(int status, std::string detail) {
  http::RequestHead nothing;
  Considered unknown;
  unknown.now = desk_.now();
  append_refusal(nothing, unknown, {status, std::move(detail)}, false);
  return Next::close;
}

Sent Session::append_refusal(const http::RequestHead& request, const Considered& known, const Refused& refused,
                             bool keep_alive, SteadyClock::time_point started) {
  http::CacheStatus cache;
  cache.forward = known.forward;
  cache.detail = known.detail;
  ErrorReply error{refused.status, refused.detail, refused.fields, &cache, desk_.now()};
  const auto* const upstream = known.route.upstream;
  const auto style = upstream ? upstream->errors : rules::ErrorStyle::problem;
  const bool http10 = request.minor_version == 0;
  const auto sent = append_error(desk_.output, error, request.method == Method::head, style, {keep_alive, http10});
  record({request, known, sent, cache, started, refused.detail});
  return sent;
}

/// Max-Forwards used up, or OPTIONS for the proxy itself (RFC 9110 7.6.2 and 9.3.7).
bool Session::answer_for_itself() {
  const auto& request = desk_.request;
  if (request.method != Method::options && request.method != Method::trace) return false;
  const bool for_us = request.target == "*" && door_->upstream.empty();
  if (!for_us && request.fields.value(FieldId::max_forwards) != "0") return false;
  const bool keep_alive = framing_.keep_alive && framing_.body == http::Framing::Body::none;
  if (request.method == Method::trace) {
    Considered unknown;
    unknown.now = desk_.now();
    append_refusal(request, unknown,
                   {405, "this proxy does not answer TRACE", "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"},
                   keep_alive);
    return true;
  }
  desk_.output.text() +=
      "HTTP/1.1 204 No Content\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT\r\nVia: 1.1 "
      "cachearr\r\n";
  append_tail(desk_.output.text(), {}, {keep_alive, request.minor_version == 0});
  return true;
}

Session::Quick Session::refuse_quickly(const Refused& refused) {
  // After a malformed request nobody knows where the next one begins.
  const bool keep_alive =
      refused.status != 400 && framing_.keep_alive && framing_.body == http::Framing::Body::none && !leaving_;
  append_refusal(desk_.request, desk_.considered, refused, keep_alive);
  return keep_alive ? Quick::answered : Quick::answered_last;
}

/// What memory alone can answer, refusals included; consumes the head unless somebody else goes on with it.
Session::Quick Session::answer_quickly(std::size_t head_bytes) {
  const auto& request = desk_.request;
  if (request.method_text.size() > kMaxMethod) return refuse_unread(501, "unknown method"), Quick::answered_last;
  const auto framing = http::frame_request(request);
  if (!framing) return refuse_unread(framing.error().status, std::string{framing.error().what}), Quick::answered_last;
  framing_ = *framing;
  if (request.method == Method::connect) return Quick::connect;
  const auto quick =
      answer_for_itself()
          ? (framing_.keep_alive && framing_.body == http::Framing::Body::none ? Quick::answered : Quick::answered_last)
          : answer_from_memory(head_bytes);
  if (quick != Quick::slow) inbox_.consume(head_bytes);
  return quick;
}

Session::Quick Session::answer_from_memory(std::size_t head_bytes) {
  const auto started = SteadyClock::now();
  auto& known = desk_.considered;
  const auto& request = desk_.request;
  consider(desk_, *door_, inside_, request, framing_, known);
  const bool authorised = !known.route.as_proxy || inside_ ||
                          desk_.settings().is_authorised(request.fields.value(FieldId::proxy_authorization));
  if (!allowed_ || !authorised) {  // who may not ask does not learn what is stored
    known.forward = http::Forward::none;
    known.detail = {};
  }
  if (!allowed_) return refuse_quickly({403, peer_ + " may not use this proxy (access.clients)"});
  if (!authorised)
    return refuse_quickly(
        {407, "this proxy wants a user and a password", "Proxy-Authenticate: Basic realm=\"cachearr\"\r\n"});
  if (known.course == Course::refuse) {
    const bool keep_alive = framing_.keep_alive && framing_.body == http::Framing::Body::none && !leaving_;
    if (append_public_file(desk_, request, known, keep_alive))
      return keep_alive ? Quick::answered : Quick::answered_last;
    return refuse_quickly(known.refused);
  }
  const bool served = known.course == Course::serve || known.course == Course::serve_and_refresh;
  if (!served) return Quick::slow;
  http::CacheStatus cache;
  cache.hit = true;
  cache.ttl = caching::ttl_at(known.entry->meta, known.now);
  cache.key = known.key.key;
  cache.detail = known.detail;
  const bool keep_alive = framing_.keep_alive && !leaving_;
  const auto sent =
      desk_.append_fitting(request, known.entry, cache, known.now, {keep_alive, request.minor_version == 0});
  known.entry->count_hit();
  follow_up(desk_, known, request, inbox_.readable().substr(0, head_bytes));
  record({request, known, sent, cache, started});
  known.entry = {};
  return keep_alive ? Quick::answered : Quick::answered_last;
}

net::Task<Next> Session::answer_slowly(std::size_t head_bytes) {
  const auto& request = desk_.request;
  auto job = make_job(desk_, request, inbox_.readable().substr(0, head_bytes), framing_);
  job->client = std::hash<std::string>{}(peer_);
  job->upgrade = wants_upgrade(request);
  job->surrogate = !job->known.route.as_proxy;
  if (request.method == Method::options || request.method == Method::trace)
    job->max_forwards = forwards_left(request.fields.value(FieldId::max_forwards));
  inbox_.consume(head_bytes);
  const auto flushed = co_await flush();
  if (flushed == Next::close) co_return Next::close;
  const auto next = co_await deliver(*this, std::move(job));
  co_return leaving_ ? Next::close : next;
}

void Session::record(const Done& done) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - done.started).count();
  const auto ending = ending_of(done.cache, done.sent, done.error);
  auto& cells = desk_.cells;
  cells.requests[static_cast<std::size_t>(ending)].record(static_cast<std::uint64_t>(took));
  if (done.cache.hit) {
    auto& label = cells.label(desk_.label_of(done.known.verdict));
    (done.from_disk ? label.hits_disk : label.hits_memory).add();
  } else if (done.cache.forward != http::Forward::none) {
    cells.label(desk_.label_of(done.known.verdict)).misses[static_cast<std::size_t>(done.cache.forward)].add();
  }
  if (done.cache.collapsed) cells.collapsed.add();
  const auto& route = done.known.route;
  LogFacts facts;
  facts.client = peer_;
  facts.method = done.request.method_text;
  if (done.request.method != Method::connect) facts.scheme = route.target.scheme;
  facts.authority = route.host_field;
  facts.path = route.target.path;
  facts.query = route.target.query;
  facts.status = done.sent.status;
  facts.bytes = done.sent.body_bytes;
  facts.microseconds = static_cast<std::uint64_t>(took);
  if (const auto* const upstream = done.known.verdict.upstream) {
    facts.upstream = upstream->name;
    facts.secrets = upstream->credential_query;
  }
  std::string masked;
  if (const auto* const rule = done.known.verdict.rule) {
    facts.rule = rule->name;
    masked = rules::masked_path(*rule, route.target.path);
    if (!masked.empty()) facts.path = masked;
  }
  facts.key = done.known.key.key;
  facts.cache = done.cache;
  facts.tls = done.tls;
  facts.error = done.error;
  desk_.log.write(facts, done.known.now);
}

namespace {

net::Task<> serve(std::unique_ptr<Session> session) { co_await session->run(); }

/// More connections than configured: told so rather than left waiting in the kernel's queue.
bool is_full(Desk& desk, const Door& door, net::Stream& stream) {
  if (desk.services.connections.load(std::memory_order_relaxed) < desk.settings().config.limits.max_connections)
    return false;
  if (door.tls) return true;
  Output out;
  append_error(out, {503, "too many connections (limits.max_connections)", "Retry-After: 1\r\n", nullptr, desk.now()},
               false, rules::ErrorStyle::problem, {false, false});
  stream.try_write(out.slices());
  stream.shutdown_write();
  return true;
}

}  // namespace

void start_session(Desk& desk, std::shared_ptr<const Door> door, std::unique_ptr<net::Stream> stream,
                   const net::Peer& peer) {
  if (is_full(desk, *door, *stream)) return;
  auto session = std::make_unique<Session>(desk, std::move(door), std::move(stream), peer);
  desk.worker.spawn(serve(std::move(session)), "session");
}

}  // namespace cachearr::proxy
