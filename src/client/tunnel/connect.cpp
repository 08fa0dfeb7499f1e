#include "client/tunnel/connect.hpp"

#include "base/log.hpp"
#include "client/tunnel/interception.hpp"
#include "client/tunnel/relay.hpp"
#include "fetch/endpoint.hpp"
#include "fetch/upstream_error.hpp"
#include "net/tls_accept.hpp"

namespace cachearr::client {

using http::FieldId;
using net::IoError;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";
constexpr std::size_t kSniff = 16 * 1024;

using pipeline::Refusal;
using pipeline::RequestContext;
using pipeline::RequestContextPtr;

/// Only a client that is asked for credentials may go on (they come on the same connection), unless it has already sent
/// something that it meant for the tunnel.
Next refuse(Session& session, const RequestContext& context, const Refusal& refusal) {
  const bool keep_alive = refusal.status == 407 && session.inbox().empty() && context.head().minor_version > 0;
  session.append_refusal(context, refusal, keep_alive);
  return keep_alive ? Next::go_on : Next::close;
}

void name_target(RequestContext& context) {
  auto& route = context.route;
  route.form = pipeline::Route::Form::proxy;
  route.host_field = route.target.host + ":" + std::to_string(route.target.port);
  route.upstream = context.verdict.upstream = context.snapshot->rules->upstream_for_host(route.target.host);
  context.disposition = pipeline::Disposition::tunnel;
}

/// Why this CONNECT is refused; none: it is not.
std::optional<Refusal> judge(Session& session, RequestContext& context) {
  const auto& settings = *context.snapshot->settings;
  const auto read = http::read_target(context.head(), "http", context.route.target);
  if (!read) return Refusal{400, read.error().what};
  name_target(context);
  if (auto refusal = judge_client(*context.snapshot, session.connection())) return refusal;
  const auto authorization = context.head().fields.value(FieldId::proxy_authorization);
  auto refusal = judge_credentials(settings, pipeline::Route::Form::proxy, authorization);
  if (!refusal)
    refusal =
        judge_connect(*context.snapshot, *session.connection().listener, context.route.target, context.route.upstream);
  return refusal;
}

/// Nothing stored can stand in for what a tunnel carries.
bool is_offline(const RequestContext& context) noexcept {
  return context.snapshot->modes->of(context.route.upstream) == rules::UpstreamMode::offline;
}

Next refuse_offline(Session& session, RequestContext& context) {
  context.detail = name_of(metrics::StaleReason::offline);
  return refuse(session, context, {504, context.snapshot->modes->why_offline(*context.route.upstream)});
}

/// `established`: the client was told already and waits for bytes of the other side.
net::Task<Next> tunnel(Session& session, RequestContextPtr context, bool established) {
  if (is_offline(*context)) {
    if (!established) co_return refuse_offline(session, *context);
    session.stream().close();
    co_return Next::close;
  }
  auto& worker = session.worker();
  const auto endpoint = fetch::tunnel_endpoint_of(*context);
  auto dialled = co_await worker.connections.dial(endpoint, context->snapshot->settings->config.timeouts.connect);
  if (!dialled) {
    if (!established)
      co_return refuse(session, *context, {fetch::status_of(dialled.error().kind), dialled.error().what});
    session.stream().close();
    co_return Next::close;
  }
  auto origin = std::move(*dialled);
  if (!established) {
    const auto told = co_await net::write_all(session.stream(), kEstablished);
    if (told != IoError::none) co_return Next::close;
  }
  const auto answered = SteadyClock::now();
  const auto idle = context->snapshot->settings->config.timeouts.client_idle * 10;
  const auto relayed =
      co_await relay(worker.loop, session.stream(), session.inbox(), *origin->stream, origin->inbox, idle);
  http::CacheStatus cache;
  cache.forward = http::Forward::bypass;
  cache.detail = context->detail;
  session.record(
      {*context, metrics::RequestResult::tunnel, {200, relayed.to_client}, cache, {}, {}, nullptr, answered});
  session.stream().close();
  co_return Next::close;
}

Next what_is_spoken(Session& session) { return net::speaks_http2(session.stream()) ? Next::http2 : Next::go_on; }

/// Answers the handshake inside the tunnel, or passes everything on.
net::Task<Next> look_inside(Session& session, RequestContextPtr context) {
  auto& target = context->route.target;
  const auto told = co_await net::write_all(session.stream(), kEstablished);
  if (told != IoError::none) co_return Next::close;
  session.expect_first();
  std::string user_agent{context->head().fields.value(http::FieldId::user_agent)};
  const auto done = co_await intercept(session, target.host, std::move(user_agent));
  if (done.way == Intercepted::Way::close) co_return Next::close;
  if (done.way == Intercepted::Way::tunnel) {
    context->detail = name_of(done.outcome);
    co_return co_await tunnel(session, std::move(context), true);
  }
  session.enter({"https", target.host, target.port});
  co_return what_is_spoken(session);
}

/// A connection that names its host by SNI, as if it had asked for a tunnel there.
void become_connect(RequestContext& context) {
  context.request.head.method = http::Method::connect;
  context.request.head.method_text = "CONNECT";
  context.route.target.port = 443;
  name_target(context);
}

std::string hint_for(const ClientContext& worker, const std::string& host) {
  if (!worker.snapshot->leaves) return "there is no authority (\"cachearr ca init\")";
  const auto* const upstream = host.empty() ? nullptr : worker.snapshot->rules->upstream_for_host(host);
  if (!upstream) return "no upstream in the rules names it";
  if (!upstream->intercept) return "the upstream \"" + upstream->name + "\" does not say \"intercept\": true";
  return "\"cachearr ca init --renew\" makes an authority for it, which every client then has to trust";
}

/// Many clients ask for a tunnel also where they speak plain HTTP inside: on its usual port, and on those at which the
/// rules name an origin without TLS.
bool may_speak_http(const RequestContext& context) {
  const auto& target = context.route.target;
  const auto* const named = pipeline::upstream_at_port(*context.snapshot->rules, target, context.route.upstream);
  return target.port == 80 || (named && named->origin_scheme == "http");
}

/// Plain HTTP begins with a method; anything else is a protocol of its own (TLS begins with 0x16).
bool begins_http(std::string_view bytes) noexcept { return !bytes.empty() && bytes[0] >= 'A' && bytes[0] <= 'Z'; }

}  // namespace

net::Task<Next> connect(Session& session, RequestContextPtr context, std::size_t head_bytes) {
  context->request.own(session.inbox().readable().substr(0, head_bytes));
  context->now = session.worker().now();
  const auto refusal = judge(session, *context);
  session.inbox().consume(head_bytes);
  if (refusal) co_return refuse(session, *context, *refusal);
  const auto early = co_await session.flush();
  if (early == Next::close) co_return Next::close;
  const auto& target = context->route.target;
  if (is_intercepted(*context->snapshot, context->route.upstream, target.host, target.port)) {
    co_return co_await look_inside(session, std::move(context));
  }
  if (!may_speak_http(*context)) {
    co_return co_await tunnel(session, std::move(context), false);
  }
  const auto told = co_await net::write_all(session.stream(), kEstablished);
  if (told != IoError::none) co_return Next::close;
  session.expect_first();
  if (session.inbox().empty()) {
    const auto got = co_await session.read_more(kSniff, session.worker().settings().config.timeouts.client_idle);
    if (got.error != IoError::none) co_return Next::close;
  }
  if (!begins_http(session.inbox().readable())) {
    co_return co_await tunnel(session, std::move(context), true);
  }
  session.enter({"http", target.host, target.port});
  co_return Next::go_on;
}

net::Task<Next> enter_by_tls(Session& session) {
  if (!session.is_allowed()) co_return Next::close;
  auto& worker = session.worker();
  auto context = worker.contexts.take(worker.snapshot);
  context->request.head = {};
  context->started = SteadyClock::now();
  context->now = worker.now();
  auto& target = context->route.target;
  const auto done = co_await intercept_at_listener(session, target.host);
  if (done.way == Intercepted::Way::inside) co_return what_is_spoken(session);
  if (done.way == Intercepted::Way::tunnel) {
    become_connect(*context);
    context->detail = name_of(done.outcome);
    co_return co_await tunnel(session, std::move(context), true);
  }
  if (done.outcome == metrics::Interception::not_tls && begins_http(session.inbox().readable()))
    refuse(session, *context, {400, "this listener speaks TLS: ask for https://"});
  const bool refused =
      done.outcome == metrics::Interception::no_name || done.outcome == metrics::Interception::other_name;
  if (refused && worker.clients.refused_names.first(target.host))
    log::warning(session.peer() + " asked a TLS listener for " +
                 (target.host.empty() ? std::string{"no host name at all"} : target.host) +
                 ", for which the local authority signs nothing: " + hint_for(worker, target.host));
  co_return Next::close;
}

}  // namespace cachearr::client
