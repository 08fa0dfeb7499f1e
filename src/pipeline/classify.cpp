#include "pipeline/classify.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "pipeline/look_up.hpp"
#include "pipeline/site.hpp"
#include "pipeline/worker_context.hpp"

namespace cachearr::pipeline {

using http::FieldId;
using http::Forward;
using http::Method;

namespace {

bool loops(const SharedContext& shared, const http::RequestHead& request) {
  return std::any_of(request.fields.begin(), request.fields.end(), [&](const http::Field& field) {
    return field.id == FieldId::other && text::iequals(field.name, "CDN-Loop") &&
           field.value.find(shared.loop_token) != std::string_view::npos;
  });
}

/// Why the cache has no part in this request; empty where it has.
std::string_view pass_reason(const RequestContext& context) {
  const auto method = context.head().method;
  if (method != Method::get && method != Method::head) return "method";
  if (context.framing.body != http::Framing::Body::none) return "method";
  if (context.verdict.rule && context.verdict.rule->policy.mode == caching::Mode::never) return "rule-never";
  if (context.directives.no_store) return "no-store";
  return {};
}

Forward forward_of(std::string_view reason) { return reason == "method" ? Forward::method : Forward::bypass; }

/// Where no rule says otherwise, an answer that was stored for a request without cookies serves one with cookies too
/// (RFC 9111 does not look at them); what came for a cookie is kept apart all the same.
void look_up_without_cookie(WorkerContext& worker, RequestContext& into) {
  RequestContext anonymous;
  anonymous.snapshot = into.snapshot;
  anonymous.now = into.now;
  anonymous.request.head = into.head();
  anonymous.request.head.fields.remove(FieldId::cookie);
  rules::build_key(into.verdict, anonymous.head(), into.route.target, into.captures, worker.shared.secret,
                   worker.scratch, anonymous.key);
  look_up(worker.shared.store, anonymous);
  if (!anonymous.entry) return;
  anonymous.directives = into.directives;
  decide_by_entry(anonymous);
  if (anonymous.disposition != Disposition::hit) return;
  into.entry = std::move(anonymous.entry);
  into.disposition = Disposition::hit;
  into.forward = Forward::none;
}

void refuse(RequestContext& into, Refusal refusal) {
  into.disposition = Disposition::refuse;
  into.refusal = std::move(refusal);
}

}  // namespace

bool may_not_ask(const RequestContext& context) noexcept {
  const bool would_ask = context.disposition == Disposition::fetch || context.disposition == Disposition::revalidate;
  return would_ask && context.directives.only_if_cached;
}

void refuse_to_ask(RequestContext& into) {
  refuse(into, {504, "the request said only-if-cached, and nothing usable is stored"});
}

void classify_routed(WorkerContext& worker, RequestContext& into) {
  const auto& request = into.head();
  auto& route = into.route;
  into.verdict = {route.upstream, nullptr};
  if (route.upstream)
    into.verdict.rule = into.snapshot->rules->match(*route.upstream, request, route.target.path, route.target.query,
                                                    worker.scratch, into.captures);
  into.directives = request.fields.has(FieldId::cache_control) || request.fields.has(FieldId::pragma)
                        ? caching::request_directives(request.fields)
                        : caching::RequestDirectives{};
  rules::build_key(into.verdict, request, route.target, into.captures, worker.shared.secret, worker.scratch, into.key);
  into.variant.varies_by.clear();
  into.detail = pass_reason(into);
  if (!into.detail.empty()) {
    into.forward = forward_of(into.detail);
    if (into.directives.only_if_cached && http::is_safe(request.method)) return refuse_to_ask(into);
    into.disposition = Disposition::pass;
    return;
  }
  look_up(worker.shared.store, into);
  decide_by_entry(into);
  if (into.disposition == Disposition::fetch) {
    look_up_by_language(worker.shared.store, into);
    if (into.disposition == Disposition::fetch && !into.verdict.rule && request.fields.has(FieldId::cookie) &&
        !rules::names_field(into.verdict.upstream, "cookie"))
      look_up_without_cookie(worker, into);
  }
}

void classify_again(WorkerContext& worker, RequestContext& into) {
  into.now = worker.now();
  into.forward = Forward::none;
  into.detail = {};
  into.stale.reset();
  into.refresh = false;
  look_up(worker.shared.store, into);
  decide_by_entry(into);
}

void classify(WorkerContext& worker, const ConnectionInfo& connection, RequestContext& into) {
  into.now = worker.now();
  const auto& settings = *into.snapshot->settings;
  if (loops(worker.shared, into.head())) return refuse(into, {508, "the request has come through this proxy before"});
  const auto routed = route(*into.snapshot, *connection.listener, connection.tunnel, into.head(), into.route);
  if (auto refusal = judge_client(*into.snapshot, connection)) return refuse(into, *std::move(refusal));
  const auto authorization = into.head().fields.value(FieldId::proxy_authorization);
  if (auto refusal = judge_credentials(settings, into.route.form, authorization))
    return refuse(into, *std::move(refusal));
  if (!routed) return refuse(into, routed.error());
  if (auto refusal = judge_site(*into.snapshot, into.head(), into.route)) return refuse(into, *std::move(refusal));
  classify_routed(worker, into);
}

}  // namespace cachearr::pipeline
