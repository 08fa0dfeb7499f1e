#include "client/tunnel/interception.hpp"

#include "authority/client_hello.hpp"
#include "authority/leaf_cache.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/units.hpp"
#include "net/tls_accept.hpp"

namespace cachearr::client {

using authority::ClientHello;
using net::IoError;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::uint16_t kHttps = 443;
constexpr std::chrono::seconds kRightAfter{2};

Intercepted tunnelled(metrics::Interception outcome) { return {Intercepted::Way::tunnel, outcome}; }
Intercepted closed(metrics::Interception outcome) { return {Intercepted::Way::close, outcome}; }

/// What the client says first; it stays in the inbox. Incomplete where the client does not say it in time.
net::Task<ClientHello> read_hello(Session& session) {
  const auto limit = session.worker().settings().config.timeouts.client_header;
  for (;;) {
    auto hello = authority::read_client_hello(session.inbox().readable());
    if (hello.kind != ClientHello::Kind::incomplete) co_return hello;
    if (session.inbox().readable().size() >= authority::kMaxClientHello) co_return hello;
    const auto got = co_await session.read_more(authority::kMaxClientHello, limit);
    if (got.error != IoError::none) co_return hello;
  }
}

/// Who wants to speak TLS with whom.
struct Attempt {
  std::string client;  // programs at one address are told apart as far as they show themselves
  std::string host;
};

Attempt attempt_of(const Session& session, const ClientHello& hello, std::string_view user_agent, std::string host) {
  std::string program = std::to_string(hello.fingerprint);
  program.append("|").append(user_agent);
  constexpr std::size_t digits = 8;
  return {session.peer() + " (program " + to_hex(hash128(program)).substr(0, digits) + ")", std::move(host)};
}

/// Why this hello gets no leaf for its host; intercepted: it does.
metrics::Interception judge(Session& session, const ClientHello& hello, const Attempt& attempt) {
  if (hello.kind == ClientHello::Kind::incomplete) return metrics::Interception::nothing_said;
  if (hello.kind == ClientHello::Kind::not_tls) return metrics::Interception::not_tls;
  if (hello.server_name.empty()) return metrics::Interception::no_name;
  if (hello.server_name != attempt.host) return metrics::Interception::other_name;
  const bool speaks_ours = hello.offers_http_1_1 || (hello.offers_http2 && session.connection().listener->http2);
  if (!speaks_ours) return metrics::Interception::no_http_1_1;
  auto& worker = session.worker();
  if (worker.clients.intercept_bypass.is_bypassed(attempt.client, attempt.host, worker.now()))
    return metrics::Interception::left_alone;
  return metrics::Interception::intercepted;
}

/// Says why a client is left alone, and for how long.
void announce(const Attempt& attempt, const std::string& why, Duration pause) {
  log::warning(attempt.client + ": " + why + "; for the next " + format_duration(pause) + " its connections to " +
               attempt.host + " pass through untouched and uncached");
}

/// The client ended the connection before it asked for anything.
metrics::Interception note_break(Session& session, const Attempt& attempt, InterceptBypassList::When when) {
  auto& worker = session.worker();
  const auto pause = worker.clients.intercept_bypass.broke_off(attempt.client, attempt.host, worker.now(), when);
  if (pause > Duration::zero())
    announce(
        attempt,
        "the client closed the connection when it saw the local authority's certificate for " + attempt.host +
            " and asked for nothing, so it probably does not believe it: let it trust the authority (\"cachearr ca "
            "trust-help\"), or it pins its own",
        pause);
  return metrics::Interception::broken_off;
}

metrics::Interception note_failure(Session& session, net::TlsStream& stream, IoError error, const Attempt& attempt) {
  auto& worker = session.worker();
  auto& intercept_bypass = worker.clients.intercept_bypass;
  if (error == IoError::tls) {
    const auto why = net::distrust_told_by(stream);
    if (why.empty()) return metrics::Interception::failed;
    announce(attempt, why, intercept_bypass.distrusts(attempt.client, attempt.host, worker.now()));
    return metrics::Interception::distrusted;
  }
  const bool gone = error == IoError::reset || error == IoError::closed;
  return gone ? note_break(session, attempt, InterceptBypassList::When::in_handshake) : metrics::Interception::failed;
}

/// No request came after the handshake. Some clients look at the certificate only then; others connect in advance, and
/// close what they do not need after a while.
metrics::Interception note_silence(Session& session, net::TlsStream& stream, IoError error, const Attempt& attempt,
                                   SteadyClock::time_point shaken) {
  if (error == IoError::tls) return note_failure(session, stream, error, attempt);
  const bool gone = error == IoError::reset || error == IoError::closed;
  if (!gone || SteadyClock::now() - shaken > kRightAfter) return metrics::Interception::intercepted;
  return note_break(session, attempt, InterceptBypassList::When::after_it);
}

net::Task<Intercepted> answer_handshake(Session& session, Attempt attempt) {
  auto& worker = session.worker();
  auto leaf = worker.snapshot->leaves->connection(attempt.host, session.connection().listener->http2);
  if (!leaf) {
    log::warning(attempt.host + " is not intercepted: " + leaf.error().what);
    co_return tunnelled(metrics::Interception::failed);
  }
  auto made = net::make_server_stream(worker.loop, session.stream(), std::move(*leaf), session.inbox().readable());
  auto& stream = *made;
  session.inbox().consume(session.inbox().readable().size());
  session.change_stream(std::move(made));
  stream.arm(worker.settings().config.timeouts.client_header);
  const auto shaken = co_await stream.handshake(true);
  stream.disarm();
  if (shaken != IoError::none) co_return closed(note_failure(session, stream, shaken, attempt));
  const auto since = SteadyClock::now();
  // In TLS 1.3 a client may find fault with the certificate after the handshake is over for us.
  const auto& settings = worker.settings().config;
  const auto got = co_await session.read_more(settings.limits.max_header_bytes, settings.timeouts.client_idle);
  if (got.error != IoError::none) co_return closed(note_silence(session, stream, got.error, attempt, since));
  worker.clients.intercept_bypass.trusted(attempt.client, attempt.host, worker.now());
  co_return Intercepted{Intercepted::Way::inside, metrics::Interception::intercepted};
}

net::Task<Intercepted> counted(Session& session, net::Task<Intercepted> attempt) {
  const auto result = co_await std::move(attempt);
  session.worker().cells.interceptions[static_cast<std::size_t>(result.outcome)].add();
  co_return result;
}

net::Task<Intercepted> try_intercept(Session& session, std::string host, std::string user_agent) {
  const auto hello = co_await read_hello(session);
  if (!session.stream().is_open()) co_return closed(metrics::Interception::nothing_said);
  auto attempt = attempt_of(session, hello, user_agent, std::move(host));
  const auto outcome = judge(session, hello, attempt);
  if (outcome != metrics::Interception::intercepted) co_return tunnelled(outcome);
  co_return co_await answer_handshake(session, std::move(attempt));
}

net::Task<Intercepted> try_at_listener(Session& session, std::string& host) {
  const auto hello = co_await read_hello(session);
  host = hello.server_name;
  auto attempt = attempt_of(session, hello, {}, host);
  const auto outcome = judge(session, hello, attempt);
  if (outcome == metrics::Interception::nothing_said || outcome == metrics::Interception::not_tls)
    co_return closed(outcome);
  const auto& snapshot = *session.worker().snapshot;
  if (host.empty() || !is_intercepted(snapshot, snapshot.rules->upstream_for_host(host), host, kHttps)) {
    net::send_unrecognized_name(session.stream());
    co_return closed(host.empty() ? metrics::Interception::no_name : metrics::Interception::other_name);
  }
  if (outcome == metrics::Interception::left_alone || outcome == metrics::Interception::no_http_1_1)
    co_return tunnelled(outcome);
  auto answered = co_await answer_handshake(session, std::move(attempt));
  co_return answered;
}

}  // namespace

bool is_intercepted(const pipeline::ConfigSnapshot& snapshot, const rules::Upstream* upstream, const std::string& host,
                    std::uint16_t port) {
  if (!snapshot.leaves || !upstream || !upstream->intercept) return false;
  const bool at_origin = upstream->origin_given && upstream->origin_scheme == "https" && port == upstream->origin_port;
  return (port == kHttps || at_origin) && snapshot.leaves->authority().covers(host);
}

net::Task<Intercepted> intercept(Session& session, std::string host, std::string user_agent) {
  auto attempt = try_intercept(session, std::move(host), std::move(user_agent));
  co_return co_await counted(session, std::move(attempt));
}

net::Task<Intercepted> intercept_at_listener(Session& session, std::string& host) {
  auto attempt = try_at_listener(session, host);
  co_return co_await counted(session, std::move(attempt));
}

}  // namespace cachearr::client
