#include "client/exchange.hpp"

#include <algorithm>
#include <utility>

#include "http/date.hpp"
#include "http/upgrade.hpp"

namespace cachearr::client {

using http::FieldId;
using http::Method;

namespace {

/// One fewer than the client allows; -1 where the field is none.
int forwards_left(std::string_view value) {
  const auto said = http::parse_delta_seconds(value);
  return said && *said > 0 ? static_cast<int>(std::min<std::uint32_t>(*said, 1'000'000)) - 1 : -1;
}

}  // namespace

bool Exchange::is_allowed() noexcept {
  const auto* const current = worker_.snapshot.get();
  if (client_.info.admitted_by == current) return true;
  const bool allowed = worker_.settings().may_use(client_.info.address);
  client_.info.admitted_by = allowed ? current : nullptr;
  return allowed;
}

Next Exchange::refuse_unread(int status, std::string detail) {
  const auto unread = worker_.contexts.take(worker_.snapshot);
  unread->request.head = {};
  unread->now = worker_.now();
  unread->started = std::chrono::steady_clock::now();
  // Whose clients these are is known before the request is.
  const auto& upstream = client_.info.listener->upstream;
  if (!upstream.empty()) unread->route.upstream = unread->snapshot->rules->upstream_named(upstream);
  append_refusal(*unread, {status, std::move(detail)}, false);
  return Next::close;
}

ReplySize Exchange::append_refusal(const pipeline::RequestContext& context, const pipeline::Refusal& refusal,
                                   bool keep_alive) {
  http::CacheStatus cache;
  cache.forward = context.forward;
  cache.detail = context.detail;
  const ErrorReply error{refusal.status, refusal.detail, refusal.fields, &cache, worker_.now()};
  const auto* const upstream = context.route.upstream;
  const auto style = upstream ? upstream->errors : rules::ErrorStyle::problem;
  const ReplyConnection connection{keep_alive, context.head().minor_version == 0};
  const auto sent = append_error(*replies_, error, context.head().method == Method::head, style, connection);
  record({context, metrics::RequestResult::error, sent, cache, refusal.detail});
  return sent;
}

std::shared_ptr<fetch::FetchJob> Exchange::make_job(pipeline::RequestContextPtr context, std::string_view head) const {
  context->request.own(head);
  const auto& request = context->head();
  auto job = std::make_shared<fetch::FetchJob>();
  job->client = std::hash<std::string>{}(client_.info.peer);
  job->upgrade = http::wants_upgrade(request);
  job->surrogate = !context->route.as_proxy();
  if (request.method == Method::options || request.method == Method::trace)
    job->max_forwards = forwards_left(request.fields.value(FieldId::max_forwards));
  job->context = std::move(context);
  return job;
}

}  // namespace cachearr::client
