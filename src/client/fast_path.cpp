// What is answered without a suspension: what memory has, the kernel's as well as our own, what is for the proxy
// itself, and refusals.
#include "caching/storing.hpp"
#include "client/exchange.hpp"
#include "client/public_pages.hpp"
#include "fetch/disk_look_up.hpp"

namespace cachearr::client {

using http::FieldId;
using http::Method;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxMethod = 32;

}  // namespace

bool Exchange::may_keep_alive() const noexcept {
  return framing_.keep_alive && framing_.body == http::Framing::Body::none && !client_.leaving;
}

/// Max-Forwards used up, or OPTIONS for the proxy itself (RFC 9110 7.6.2 and 9.3.7).
bool Exchange::answer_for_itself(pipeline::RequestContext& context) {
  const auto& request = context.head();
  if (request.method != Method::options && request.method != Method::trace) return false;
  context.now = worker_.now();
  const bool for_us = request.target == "*" && client_.info.listener->upstream.empty();
  if (!for_us && request.fields.value(FieldId::max_forwards) != "0") return false;
  if (request.method == Method::trace) {
    append_refusal(context,
                   {405, "this proxy does not answer TRACE", "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"},
                   may_keep_alive());
    return true;
  }
  auto& head = replies_->begin_head({});
  head +=
      "HTTP/1.1 204 No Content\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT\r\nVia: 1.1 "
      "cachearr\r\n";
  end_head(*replies_, head, {}, ReplySink::Body::none, {may_keep_alive(), request.minor_version == 0});
  return true;
}

Exchange::FastPath Exchange::refuse_fast(const pipeline::RequestContext& context) {
  // After a malformed request nobody knows where the next one begins.
  const bool keep_alive = context.refusal.status != 400 && may_keep_alive();
  append_refusal(context, context.refusal, keep_alive);
  return keep_alive ? FastPath::answered : FastPath::answered_last;
}

/// A request in the very words of one that was answered from memory before, where memory still has the answer. Who may
/// not ask is told so where every request is looked at.
std::optional<Exchange::FastPath> Exchange::recall(std::string_view input, std::size_t& head_bytes) {
  auto* const memoized = worker_.memo.find(input, client_.info, worker_.snapshot);
  if (!memoized) return std::nullopt;
  auto& context = memoized->context;
  context.started = SteadyClock::now();
  pipeline::classify_again(worker_, context);
  if (!context.is_served()) return std::nullopt;
  const auto fitting = worker_.fit(context, context.entry);
  if (fitting.kind != Fitting::Kind::ready) return std::nullopt;
  framing_ = context.framing;
  const auto head = context.request.bytes();
  head_bytes = head.size();
  return serve(context, fitting, head, &memoized->text);
}

Exchange::FastPath Exchange::answer_here(pipeline::RequestContext& context, std::string_view head) {
  const auto& request = context.head();
  context.started = SteadyClock::now();
  if (request.method_text.size() > kMaxMethod) return refuse_unread(501, "unknown method"), FastPath::answered_last;
  const auto framing = http::frame_request(request);
  if (!framing)
    return refuse_unread(framing.error().status, std::string{framing.error().what}), FastPath::answered_last;
  framing_ = context.framing = *framing;
  if (request.method == Method::connect) return FastPath::connect;
  if (answer_for_itself(context)) return may_keep_alive() ? FastPath::answered : FastPath::answered_last;
  return answer_from_memory(context, head);
}

Exchange::FastPath Exchange::answer_from_memory(pipeline::RequestContext& context, std::string_view head) {
  classify(worker_, client_.info, context);
  if (context.disposition == pipeline::Disposition::refuse) {
    const bool keep_alive = may_keep_alive();
    if (append_public_file(*replies_, context, keep_alive))
      return keep_alive ? FastPath::answered : FastPath::answered_last;
    return refuse_fast(context);
  }
  fetch::look_on_disk_here(worker_, context);
  if (!context.is_served()) return FastPath::async;
  const auto fitting = worker_.fit(context, context.entry);
  if (fitting.kind != Fitting::Kind::ready) return FastPath::async;
  const auto answered = serve(context, fitting, head, nullptr);
  if (worker_.memo.is_repeated() && !context.from_disk) memoize(context, head);
  return answered;
}

Exchange::FastPath Exchange::serve(pipeline::RequestContext& context, const Fitting& fitting, std::string_view head,
                                   const RequestText* text) {
  const bool keep_alive = framing_.keep_alive && !client_.leaving;
  const auto cache = cache_status_of(context);
  const auto sent = ClientContext::append_fitting(*replies_, context.head(), context.entry, fitting, cache, context.now,
                                                  {keep_alive, context.head().minor_version == 0, &context.route});
  context.entry->count_hit();
  fetch::follow_up(worker_, context, head);
  record({context, result_of(context), sent, cache, {}, {}, text, {}, {}, &context.entry->cost()});
  context.entry = {};
  return keep_alive ? FastPath::answered : FastPath::answered_last;
}

}  // namespace cachearr::client
