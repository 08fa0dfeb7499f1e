// What a session answers without a suspension: what memory has, what is for the proxy itself, and refusals.
#include "caching/storing.hpp"
#include "client/public_pages.hpp"
#include "client/session.hpp"

namespace cachearr::client {

using http::FieldId;
using http::Method;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxMethod = 32;

}  // namespace

/// Max-Forwards used up, or OPTIONS for the proxy itself (RFC 9110 7.6.2 and 9.3.7).
bool Session::answer_for_itself() {
  const auto& request = worker_.request;
  if (request.method != Method::options && request.method != Method::trace) return false;
  const bool for_us = request.target == "*" && listener_->upstream.empty();
  if (!for_us && request.fields.value(FieldId::max_forwards) != "0") return false;
  const bool keep_alive = framing_.keep_alive && framing_.body == http::Framing::Body::none;
  if (request.method == Method::trace) {
    pipeline::RequestContext unknown;
    unknown.now = worker_.now();
    append_refusal(request, unknown,
                   {405, "this proxy does not answer TRACE", "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"},
                   keep_alive);
    return true;
  }
  worker_.output.text() +=
      "HTTP/1.1 204 No Content\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT\r\nVia: 1.1 "
      "cachearr\r\n";
  append_tail(worker_.output.text(), {}, {keep_alive, request.minor_version == 0});
  return true;
}

Session::FastPath Session::refuse_fast(const pipeline::Refusal& refused) {
  // After a malformed request nobody knows where the next one begins.
  const bool keep_alive =
      refused.status != 400 && framing_.keep_alive && framing_.body == http::Framing::Body::none && !leaving_;
  append_refusal(worker_.request, worker_.considered, refused, keep_alive);
  return keep_alive ? FastPath::answered : FastPath::answered_last;
}

/// Only who asks for a proxy can be asked who they are, and a tunnel was, when it was opened.
bool Session::is_authorised(const http::RequestHead& request, const pipeline::RequestContext& context) const {
  return !context.route.as_proxy || tunnel_ ||
         worker_.settings().is_authorised(request.fields.value(FieldId::proxy_authorization));
}

/// A request in the very words of one that was answered from memory before, where memory still has the answer. Who may
/// not ask is told so where every request is looked at.
std::optional<Session::FastPath> Session::answer_memoized() {
  auto* const recalled = allowed_ ? worker_.memo.find(inbox_.readable(), *listener_, tunnel_) : nullptr;
  if (!recalled) return std::nullopt;
  const auto started = SteadyClock::now();
  const auto& request = recalled->request.head;
  auto& context = recalled->context;
  if (!is_authorised(request, context)) return std::nullopt;
  pipeline::classify_again(worker_, request, context);
  if (context.disposition != pipeline::Disposition::serve &&
      context.disposition != pipeline::Disposition::serve_and_refresh)
    return std::nullopt;
  stream_->disarm();
  waits_for_head_ = false;
  framing_ = recalled->framing;
  const auto head = recalled->request.bytes();
  const auto quick = serve(request, head, context, started, &recalled->words);
  inbox_.consume(head.size());
  return quick;
}

/// What memory alone can answer, refusals included; consumes the head unless somebody else goes on with it.
Session::FastPath Session::answer_fast(std::size_t head_bytes) {
  const auto& request = worker_.request;
  if (request.method_text.size() > kMaxMethod) return refuse_unread(501, "unknown method"), FastPath::answered_last;
  const auto framing = http::frame_request(request);
  if (!framing)
    return refuse_unread(framing.error().status, std::string{framing.error().what}), FastPath::answered_last;
  framing_ = *framing;
  if (request.method == Method::connect) return FastPath::connect;
  const auto quick = answer_for_itself()
                         ? (framing_.keep_alive && framing_.body == http::Framing::Body::none ? FastPath::answered
                                                                                              : FastPath::answered_last)
                         : answer_from_memory(head_bytes);
  if (quick != FastPath::slow) inbox_.consume(head_bytes);
  return quick;
}

Session::FastPath Session::answer_from_memory(std::size_t head_bytes) {
  const auto started = SteadyClock::now();
  auto& context = worker_.considered;
  const auto& request = worker_.request;
  classify(worker_, *listener_, tunnel_, request, framing_, context);
  const bool authorised = is_authorised(request, context);
  if (!allowed_ || !authorised) {  // who may not ask does not learn what is stored
    context.forward = http::Forward::none;
    context.detail = {};
  }
  if (!allowed_) return refuse_fast({403, peer_ + " may not use this proxy (access.clients)"});
  if (!authorised)
    return refuse_fast(
        {407, "this proxy wants a user and a password", "Proxy-Authenticate: Basic realm=\"cachearr\"\r\n"});
  if (context.disposition == pipeline::Disposition::refuse) {
    const bool keep_alive = framing_.keep_alive && framing_.body == http::Framing::Body::none && !leaving_;
    if (append_public_file(worker_, request, context, keep_alive))
      return keep_alive ? FastPath::answered : FastPath::answered_last;
    return refuse_fast(context.refused);
  }
  const bool served = context.disposition == pipeline::Disposition::serve ||
                      context.disposition == pipeline::Disposition::serve_and_refresh;
  if (!served) return FastPath::slow;
  const auto head = inbox_.readable().substr(0, head_bytes);
  const auto quick = serve(request, head, context, started, nullptr);
  if (worker_.memo.is_repeated()) remember(head);
  return quick;
}

Session::FastPath Session::serve(const http::RequestHead& request, std::string_view head,
                                 pipeline::RequestContext& context, SteadyClock::time_point started,
                                 const LogText* words) {
  http::CacheStatus cache;
  cache.hit = true;
  cache.ttl = caching::ttl_at(context.entry->meta, context.now);
  cache.key = context.key.key;
  cache.detail = context.detail;
  const bool keep_alive = framing_.keep_alive && !leaving_;
  const auto sent =
      worker_.append_fitting(request, context.entry, cache, context.now, {keep_alive, request.minor_version == 0});
  context.entry->count_hit();
  fetch::follow_up(worker_, context, request, head);
  record({request, context, sent, cache, started, {}, false, {}, words});
  context.entry = {};
  return keep_alive ? FastPath::answered : FastPath::answered_last;
}

}  // namespace cachearr::client
