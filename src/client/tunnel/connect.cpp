#include "client/tunnel/connect.hpp"

#include "base/log.hpp"
#include "client/tunnel/interception.hpp"
#include "client/tunnel/relay.hpp"

namespace cachearr::client {

using http::FieldId;
using net::IoError;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";
constexpr std::size_t kSniff = 16 * 1024;

/// One CONNECT; the request's bytes are gone once it was answered, so what is needed of it is copied.
struct Asked {
  http::RequestHead request;  // method and version only
  pipeline::RequestContext context;
  std::string authority;
  SteadyClock::time_point started = SteadyClock::now();
};

/// Only a client that is asked for credentials may go on (they come on the same connection), unless it has already sent
/// something that it meant for the tunnel.
Next refuse(Session& session, const Asked& asked, const pipeline::Refusal& refused) {
  const bool keep_alive = refused.status == 407 && session.inbox().empty() && asked.request.minor_version > 0;
  session.append_refusal(asked.request, asked.context, refused, keep_alive);
  return keep_alive ? Next::go_on : Next::close;
}

/// Why this CONNECT is refused; status 0: it is not.
pipeline::Refusal judge(Session& session, const http::RequestHead& request, Asked& asked) {
  auto& worker = session.worker();
  auto& target = asked.context.route.target;
  const auto read = http::read_target(request, "http", target);
  if (!read) return {400, read.error().what};
  asked.context.route.host_field = target.host + ":" + std::to_string(target.port);
  if (!session.is_allowed()) return {403, session.peer() + " may not use this proxy (access.clients)"};
  if (!session.listener().upstream.empty() || session.listener().tls) return {405, "this listener is no forward proxy"};
  if (!worker.settings().is_authorised(request.fields.value(FieldId::proxy_authorization)))
    return {407, "this proxy wants a user and a password", "Proxy-Authenticate: Basic realm=\"cachearr\"\r\n"};
  if (!worker.settings().may_connect_to_port(target.port))
    return {403, "CONNECT to port " + std::to_string(target.port) + " is not allowed (access.connect_ports)"};
  asked.context.route.upstream = worker.snapshot->rules->upstream_for_host(target.host);
  asked.context.verdict.upstream = asked.context.route.upstream;
  if (!asked.context.route.upstream && !worker.settings().config.access.allow_unknown_hosts)
    return {403, "no upstream in the rules names the host " + target.host + ", and access.unknown_hosts is deny"};
  return {0, {}};
}

origin::Endpoint endpoint_of(Session& session, const Asked& asked) {
  const auto& target = asked.context.route.target;
  const auto* const upstream = asked.context.route.upstream;
  origin::Endpoint endpoint;
  endpoint.scheme = "http";
  endpoint.host = target.host;
  endpoint.port = target.port;
  endpoint.tunnel = true;
  endpoint.allow_private = session.worker().settings().may_be_private(upstream != nullptr);
  if (upstream) endpoint.parent = upstream->proxy;
  return endpoint;
}

int status_of(origin::DialFailure::Kind kind) {
  switch (kind) {
    case origin::DialFailure::Kind::forbidden: return 403;
    case origin::DialFailure::Kind::loop: return 508;
    case origin::DialFailure::Kind::timed_out: return 504;
    default: return 502;
  }
}

/// `established`: the client was told already and waits for bytes of the other side.
net::Task<Next> tunnel(Session& session, std::unique_ptr<Asked> asked, bool established) {
  auto& worker = session.worker();
  const auto endpoint = endpoint_of(session, *asked);
  auto dialled = co_await worker.connections.dial(endpoint, worker.settings().config.timeouts.connect);
  if (!dialled) {
    if (!established) co_return refuse(session, *asked, {status_of(dialled.error().kind), dialled.error().what});
    session.stream().close();
    co_return Next::close;
  }
  auto origin = std::move(*dialled);
  if (!established) {
    const auto told = co_await net::write_all(session.stream(), kEstablished);
    if (told != IoError::none) co_return Next::close;
  }
  const auto idle = worker.settings().config.timeouts.client_idle * 10;
  const auto relayed =
      co_await relay(worker.loop, session.stream(), session.inbox(), *origin->stream, origin->inbox, idle);
  http::CacheStatus cache;
  cache.forward = http::Forward::bypass;
  cache.detail = asked->context.detail;
  session.record({asked->request, asked->context, {200, relayed.to_client}, cache, asked->started});
  session.stream().close();
  co_return Next::close;
}

/// Answers the handshake inside the tunnel, or passes everything on.
net::Task<Next> look_inside(Session& session, std::unique_ptr<Asked> asked) {
  auto& target = asked->context.route.target;
  const auto told = co_await net::write_all(session.stream(), kEstablished);
  if (told != IoError::none) co_return Next::close;
  const auto done = co_await intercept(session, target.host);
  if (done.way == Intercepted::Way::close) co_return Next::close;
  if (done.way == Intercepted::Way::tunnel) {
    asked->context.detail = name_of(done.outcome);
    co_return co_await tunnel(session, std::move(asked), true);
  }
  session.enter({"https", target.host, target.port});
  co_return Next::go_on;
}

/// A connection that names its host by SNI, as if it had asked for a tunnel there.
void become_connect(Asked& asked, ClientContext& worker) {
  auto& route = asked.context.route;
  asked.request.method = http::Method::connect;
  asked.request.method_text = "CONNECT";
  asked.context.now = worker.now();
  route.target.port = 443;
  route.host_field = route.target.host + ":443";
  route.upstream = asked.context.verdict.upstream = worker.snapshot->rules->upstream_for_host(route.target.host);
}

std::string hint_for(const ClientContext& worker, const std::string& host) {
  if (!worker.snapshot->leaves) return "there is no authority (\"cachearr ca init\")";
  const auto* const upstream = host.empty() ? nullptr : worker.snapshot->rules->upstream_for_host(host);
  if (!upstream) return "no upstream in the rules names it";
  if (!upstream->intercept) return "the upstream \"" + upstream->name + "\" does not say \"intercept\": true";
  return "\"cachearr ca init --renew\" makes an authority for it, which every client then has to trust";
}

/// Plain HTTP begins with a method; anything else is a protocol of its own (TLS begins with 0x16).
bool begins_http(std::string_view bytes) noexcept { return !bytes.empty() && bytes[0] >= 'A' && bytes[0] <= 'Z'; }

}  // namespace

net::Task<Next> connect(Session& session, const http::RequestHead& request, std::size_t head_bytes) {
  auto asked = std::make_unique<Asked>();
  asked->request.method = http::Method::connect;
  asked->request.method_text = "CONNECT";
  asked->request.minor_version = request.minor_version;
  asked->context.now = session.worker().now();
  const auto refused = judge(session, request, *asked);
  session.inbox().consume(head_bytes);
  if (refused.status != 0) co_return refuse(session, *asked, refused);
  const auto early = co_await session.flush();
  if (early == Next::close) co_return Next::close;
  const auto& target = asked->context.route.target;
  if (is_intercepted(*session.worker().snapshot, asked->context.route.upstream, target.host, target.port)) {
    co_return co_await look_inside(session, std::move(asked));
  }
  if (target.port != 80) {
    co_return co_await tunnel(session, std::move(asked), false);
  }
  const auto told = co_await net::write_all(session.stream(), kEstablished);
  if (told != IoError::none) co_return Next::close;
  session.stream().arm(session.worker().settings().config.timeouts.client_idle);
  while (session.inbox().empty()) {
    const auto got = co_await session.inbox().fill(session.stream(), kSniff);
    if (got.error != IoError::none) co_return Next::close;
  }
  session.stream().disarm();
  if (!begins_http(session.inbox().readable())) {
    co_return co_await tunnel(session, std::move(asked), true);
  }
  session.enter({"http", target.host, target.port});
  co_return Next::go_on;
}

net::Task<Next> enter_by_tls(Session& session) {
  if (!session.is_allowed()) co_return Next::close;
  auto& worker = session.worker();
  auto asked = std::make_unique<Asked>();
  asked->context.now = worker.now();
  auto& target = asked->context.route.target;
  const auto done = co_await intercept_at_door(session, target.host);
  if (done.way == Intercepted::Way::inside) co_return Next::go_on;
  if (done.way == Intercepted::Way::tunnel) {
    become_connect(*asked, worker);
    asked->context.detail = name_of(done.outcome);
    co_return co_await tunnel(session, std::move(asked), true);
  }
  if (done.outcome == metrics::Interception::not_tls && begins_http(session.inbox().readable()))
    refuse(session, *asked, {400, "this listener speaks TLS: ask for https://"});
  const bool refused =
      done.outcome == metrics::Interception::no_name || done.outcome == metrics::Interception::other_name;
  if (refused && worker.clients.refused_names.first(target.host))
    log::warning(session.peer() + " asked a TLS listener for " +
                 (target.host.empty() ? std::string{"no host name at all"} : target.host) +
                 ", for which the local authority signs nothing: " + hint_for(worker, target.host));
  co_return Next::close;
}

}  // namespace cachearr::client
