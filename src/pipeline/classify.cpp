#include "pipeline/classify.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "caching/reuse.hpp"
#include "caching/vary.hpp"
#include "pipeline/worker_context.hpp"

namespace cachearr::pipeline {

using http::FieldId;
using http::Forward;
using http::Method;

namespace {

bool loops(const WorkerContext& worker, const http::RequestHead& request) {
  return std::any_of(request.fields.begin(), request.fields.end(), [&](const http::Field& field) {
    return field.id == FieldId::other && text::iequals(field.name, "CDN-Loop") &&
           field.value.find(worker.shared.loop_token) != std::string_view::npos;
  });
}

/// Why the cache has no part in this request; empty where it has.
std::string_view bypass_reason(const http::RequestHead& request, const http::Framing& framing,
                               const RequestContext& context) {
  if (request.method != Method::get && request.method != Method::head) return "method";
  if (framing.body != http::Framing::Body::none) return "method";
  if (context.verdict.rule && context.verdict.rule->policy.mode == caching::Mode::never) return "rule-never";
  if (context.directives.no_store) return "no-store";
  return {};
}

Forward forward_of(std::string_view reason) { return reason == "method" ? Forward::method : Forward::bypass; }

/// Where no rule says otherwise, an answer that was stored for a request without cookies serves one with cookies too
/// (RFC 9111 does not look at them); what came for a cookie is kept apart all the same.
void look_up_without_cookie(WorkerContext& worker, const http::RequestHead& request, RequestContext& into) {
  http::RequestHead plain = request;
  plain.fields.remove(FieldId::cookie);
  RequestContext anonymous;
  anonymous.now = into.now;
  rules::build_key(into.verdict, plain, into.route.target, into.captures, worker.shared.secret, worker.scratch,
                   anonymous.key);
  look_up(worker.shared.store, plain, anonymous);
  if (!anonymous.entry) return;
  anonymous.directives = into.directives;
  decide_by_entry(anonymous);
  if (anonymous.disposition != Disposition::serve) return;
  into.entry = std::move(anonymous.entry);
  into.disposition = Disposition::serve;
  into.forward = Forward::none;
}

/// The operator wants what is stored rather than the upstream, however old it is.
bool serve_by_mode(RequestContext& into, bool by_request) {
  using Mode = rules::UpstreamMode;
  const auto* const upstream = into.verdict.upstream;
  if (!upstream || upstream->mode == Mode::live || !caching::may_serve_offline(into.entry->meta)) return false;
  const auto& asks = into.directives;
  if (upstream->mode == Mode::prefer_cache && (by_request || asks.max_age || asks.max_stale || asks.min_fresh))
    return false;
  into.disposition = upstream->mode == Mode::offline ? Disposition::serve : Disposition::serve_and_refresh;
  into.detail = upstream->mode == Mode::offline ? "offline" : "stale-while-revalidate";
  return true;
}

}  // namespace

void decide_by_entry(RequestContext& into) {
  if (!into.entry) {
    into.disposition = Disposition::fetch;
    into.forward = into.varies_by.empty() ? Forward::uri_miss : Forward::vary_miss;
    return;
  }
  const auto verdict = caching::judge(into.entry->meta, into.directives, into.now);
  switch (verdict.reuse) {
    case caching::Reuse::fresh:
    case caching::Reuse::stale_allowed: into.disposition = Disposition::serve; return;
    case caching::Reuse::stale_while_revalidate:
      if (serve_by_mode(into, false)) return;
      into.disposition = Disposition::serve_and_refresh;
      into.detail = "stale-while-revalidate";
      return;
    case caching::Reuse::validate: break;
  }
  if (serve_by_mode(into, verdict.by_request)) return;
  into.disposition = Disposition::validate;
  into.forward = verdict.by_request ? Forward::request : Forward::stale;
}

void look_up(store::Store& store, const http::RequestHead& request, RequestContext& into) {
  into.hit_for_miss = false;
  into.entry = store.find(into.key.id, into.key.identity);
  if (into.entry && (into.entry->meta.flags & caching::kVaryMarker) != 0) {
    if (into.varies_by != into.entry->head()) {
      into.varies_by = into.entry->head();
      into.identity = into.key.identity;
      into.identity += '\n';
      caching::append_variant(into.identity, into.varies_by, request.fields);
      into.id = hash128(into.identity);
    }
    into.entry = store.find(into.id, into.identity);
  } else {
    into.varies_by.clear();
    into.identity = into.key.identity;
    into.id = into.key.id;
  }
  if (into.entry && (into.entry->meta.flags & caching::kHitForMiss) != 0) {
    into.hit_for_miss = into.entry->meta.fresh_until_ms > into.now.time_since_epoch().count();
    into.entry = {};
  }
}

void classify_routed(WorkerContext& worker, const http::RequestHead& request, const http::Framing& framing,
                     RequestContext& into) {
  auto& route = into.route;
  into.verdict = {route.upstream, nullptr};
  if (route.upstream)
    into.verdict.rule = worker.snapshot->rules->match(*route.upstream, request, route.target.path, route.target.query,
                                                      worker.scratch, into.captures);
  into.directives = request.fields.has(FieldId::cache_control) || request.fields.has(FieldId::pragma)
                        ? caching::request_directives(request.fields)
                        : caching::RequestDirectives{};
  rules::build_key(into.verdict, request, route.target, into.captures, worker.shared.secret, worker.scratch, into.key);
  into.varies_by.clear();
  into.detail = bypass_reason(request, framing, into);
  if (!into.detail.empty()) {
    into.disposition = Disposition::bypass;
    into.forward = forward_of(into.detail);
    return;
  }
  look_up(worker.shared.store, request, into);
  decide_by_entry(into);
  if (into.disposition == Disposition::fetch && !into.verdict.rule && request.fields.has(FieldId::cookie))
    look_up_without_cookie(worker, request, into);
  const bool would_ask = into.disposition == Disposition::fetch || into.disposition == Disposition::validate;
  if (would_ask && into.directives.only_if_cached) {
    into.disposition = Disposition::refuse;
    into.refused = {504, "the request said only-if-cached, and nothing usable is stored"};
  }
}

void classify_again(WorkerContext& worker, const http::RequestHead& request, RequestContext& into) {
  into.now = worker.now();
  into.forward = Forward::none;
  into.detail = {};
  look_up(worker.shared.store, request, into);
  decide_by_entry(into);
}

void classify(WorkerContext& worker, const ListenerInfo& listener, const std::optional<TunnelTarget>& tunnel,
              const http::RequestHead& request, const http::Framing& framing, RequestContext& into) {
  into.now = worker.now();
  into.disposition = Disposition::refuse;
  into.forward = Forward::none;
  into.detail = {};
  into.captures.clear();
  into.verdict = {};
  into.entry = {};
  into.key.key.clear();
  if (loops(worker, request)) {
    into.refused = {508, "the request has come through this proxy before"};
    return;
  }
  const auto routed = route(*worker.snapshot, listener, tunnel, request, into.route);
  if (!routed) {
    into.refused = routed.error();
    return;
  }
  classify_routed(worker, request, framing, into);
}

}  // namespace cachearr::pipeline
