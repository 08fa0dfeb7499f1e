// What a session answers without a suspension: what memory has, what is for the proxy itself, and refusals.
#include "caching/storing.hpp"
#include "proxy/public_pages.hpp"
#include "proxy/session.hpp"

namespace cachearr::proxy {

using http::FieldId;
using http::Method;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxMethod = 32;

}  // namespace

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

/// Only who asks for a proxy can be asked who they are, and a tunnel was, when it was opened.
bool Session::is_authorised(const http::RequestHead& request, const Considered& known) const {
  return !known.route.as_proxy || inside_ ||
         desk_.settings().is_authorised(request.fields.value(FieldId::proxy_authorization));
}

/// A request in the very words of one that was answered from memory before, where memory still has the answer. Who may
/// not ask is told so where every request is looked at.
std::optional<Session::Quick> Session::answer_recalled() {
  auto* const recalled = allowed_ ? desk_.recall.find(inbox_.readable(), *door_, inside_) : nullptr;
  if (!recalled) return std::nullopt;
  const auto started = SteadyClock::now();
  const auto& request = recalled->request.head;
  auto& known = recalled->known;
  if (!is_authorised(request, known)) return std::nullopt;
  consider_again(desk_, request, known);
  if (known.course != Course::serve && known.course != Course::serve_and_refresh) return std::nullopt;
  stream_->disarm();
  waits_for_head_ = false;
  framing_ = recalled->framing;
  const auto head = recalled->request.bytes();
  const auto quick = serve(request, head, known, started, &recalled->words);
  inbox_.consume(head.size());
  return quick;
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
  const bool authorised = is_authorised(request, known);
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
  const auto head = inbox_.readable().substr(0, head_bytes);
  const auto quick = serve(request, head, known, started, nullptr);
  if (desk_.recall.is_repeated()) remember(head);
  return quick;
}

Session::Quick Session::serve(const http::RequestHead& request, std::string_view head, Considered& known,
                              SteadyClock::time_point started, const LogWords* words) {
  http::CacheStatus cache;
  cache.hit = true;
  cache.ttl = caching::ttl_at(known.entry->meta, known.now);
  cache.key = known.key.key;
  cache.detail = known.detail;
  const bool keep_alive = framing_.keep_alive && !leaving_;
  const auto sent =
      desk_.append_fitting(request, known.entry, cache, known.now, {keep_alive, request.minor_version == 0});
  known.entry->count_hit();
  follow_up(desk_, known, request, head);
  record({request, known, sent, cache, started, {}, false, {}, words});
  known.entry = {};
  return keep_alive ? Quick::answered : Quick::answered_last;
}

}  // namespace cachearr::proxy
