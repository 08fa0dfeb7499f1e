#include "fetch/exchange.hpp"

#include "fetch/endpoint.hpp"
#include "fetch/response_head_text.hpp"
#include "fetch/upstream_request.hpp"
#include "http/upgrade.hpp"
#include "net/head_parser.hpp"
#include "net/tls_accept.hpp"
#include "origin/connection_auth.hpp"
#include "origin/parent.hpp"

namespace cachearr::fetch {

namespace {

using Kind = UpstreamError::Kind;

constexpr int kMaxInterim = 100;

struct Limits {
  Duration connect, header, idle;
};

Limits limits_of(const FetchJob& job) {
  const auto& general = job.settings().config.timeouts;
  Limits limits{general.connect, general.upstream_header, general.upstream_idle};
  if (const auto* upstream = job.context->verdict.upstream) {
    limits.connect = upstream->timeouts.connect.value_or(limits.connect);
    limits.header = upstream->timeouts.header.value_or(limits.header);
    limits.idle = upstream->timeouts.idle.value_or(limits.idle);
  }
  return limits;
}

UpstreamRequest upstream_request(const FetchContext& worker, const FetchJob& job, std::string_view validators) {
  UpstreamRequest from{job.head(), job.context->route, job.context->framing, worker.shared.loop_token, validators};
  from.whole = job.asks_for_whole();
  from.upgrade = job.upgrade;
  from.cacheable = job.context->disposition != pipeline::Disposition::pass;
  from.negotiates = job.negotiates();
  from.surrogate = job.surrogate;
  from.max_forwards = job.max_forwards;
  return from;
}

/// How reading a head went, when it did not give one.
struct HeadTrouble {
  net::IoError error = net::IoError::none;
  std::string_view malformed = {};
  bool nothing_arrived = false;
  std::string tls = {};  // what TLS says about it, a sentence

  bool none() const noexcept { return error == net::IoError::none && malformed.empty(); }
};

UpstreamError error_of(const HeadTrouble& trouble, const FetchJob& job) {
  const auto& host = job.context->route.target.host;
  if (job.upload && job.upload->client_failed()) return {Kind::client_body, job.upload->failure()};
  if (!trouble.malformed.empty())
    return {Kind::malformed, host + " sent an answer that is no valid HTTP: " + std::string{trouble.malformed}};
  if (!trouble.tls.empty()) return {Kind::tls, host + ": " + trouble.tls, trouble.error, trouble.nothing_arrived};
  if (trouble.error == net::IoError::timed_out) return {Kind::timeout, host + " did not answer in time", trouble.error};
  return {Kind::broken_off,
          host + " ended the connection without an answer (" + std::string{net::name_of(trouble.error)} + ")",
          trouble.error, trouble.nothing_arrived};
}

/// A request without a body and without effect, and no download: upstreams count these however they end.
bool may_repeat(const FetchJob& job) {
  const bool counts = job.context->verdict.counts_as_grab();
  return http::is_idempotent(job.head().method) && !counts && !job.upload && !job.upgrade;
}

/// A kept connection may end under the request that it is used for.
bool may_use_kept(const FetchJob& job) { return !job.context->verdict.counts_as_grab(); }

/// Relays an interim response; false where it must not have come.
bool relay_interim(FetchJob& job, const http::ResponseHead& head, int& count) {
  if (head.status == 101 || ++count > kMaxInterim) return false;
  if (head.status != 100 || job.context->framing.expects_continue) job.shared_fetch->interim(compose_interim(head));
  return true;
}

net::Task<HeadTrouble> read_head(FetchJob& job, UpstreamResponse& response, Duration limit) {
  auto& connection = *response.connection;
  const std::size_t most = job.settings().config.limits.max_header_bytes;
  int interims = 0;
  bool anything = false;
  connection.stream->arm(limit);
  for (;;) {
    const auto parsed = net::parse_response_head(connection.inbox.readable(), most, response.head);
    if (parsed.kind == net::HeadParse::Kind::error) co_return HeadTrouble{net::IoError::none, parsed.problem};
    if (parsed.kind == net::HeadParse::Kind::complete) {
      const bool switched = job.upgrade && http::is_agreed_upgrade(job.context->request.head, response.head);
      if (response.head.status >= 200 || switched) {
        response.head_bytes = parsed.consumed;
        connection.stream->disarm();
        co_return HeadTrouble{};
      }
      if (!relay_interim(job, response.head, interims))
        co_return HeadTrouble{net::IoError::none, "an interim answer nobody asked for"};
      connection.inbox.consume(parsed.consumed);
      continue;
    }
    const auto got = co_await connection.inbox.fill(*connection.stream, most);
    if (got.error != net::IoError::none) {
      const bool nothing = !anything && connection.inbox.empty();
      HeadTrouble trouble{got.error, {}, nothing && got.error != net::IoError::timed_out};
      // A server may ask for a client's certificate after the handshake, and end it over that (TLS 1.3).
      if (got.error == net::IoError::tls) trouble.tls = net::tls_trouble_of(*connection.stream);
      co_return trouble;
    }
    anything = true;
  }
}

/// Sends the head, starts the body on its way, and waits for the response's head.
net::Task<HeadTrouble> exchange_heads(FetchContext& worker, std::shared_ptr<FetchJob> job, UpstreamResponse& response,
                                      std::string_view validators, Limits limits) {
  auto from = upstream_request(worker, *job, validators);
  from.through_http_parent = response.connection->through_http_parent;
  std::string credentials;
  if (from.through_http_parent) {
    const auto parent = origin::parse_parent(job->context->verdict.upstream->proxy);
    if (parent) credentials = origin::basic_credentials(*parent);
    from.parent_credentials = credentials;
  }
  const std::string head = compose(from);
  response.timing.request_time = worker.now();
  response.idle = limits.idle;
  job->generation = worker.shared.store.generation();
  job->moment = worker.shared.tier ? worker.shared.tier->moment() : 0;
  response.connection->stream->arm(limits.idle);
  const auto sent = co_await net::write_all(*response.connection->stream, head);
  response.connection->stream->disarm();
  if (sent != net::IoError::none) co_return HeadTrouble{sent, {}, sent != net::IoError::timed_out};
  if (job->upload) worker.loop.spawn(run_upload(job->upload, response.connection, limits.idle), "upload");
  co_return co_await read_head(*job, response, limits.header);
}

std::string upstream_of(const FetchJob& job) {
  const auto* const upstream = job.context->verdict.upstream;
  return upstream ? upstream->name : std::string{};
}

}  // namespace

net::Task<Result<UpstreamResponse, UpstreamError>> exchange(FetchContext& worker, std::shared_ptr<FetchJob> job,
                                                            std::string validators) {
  const auto limits = limits_of(*job);
  const auto endpoint = endpoint_of(*job->context);
  const auto pool = origin::pool_name(endpoint);
  for (bool first = true;; first = false) {
    UpstreamResponse response;
    if (first && may_use_kept(*job)) response.connection = worker.connections.take_idle(pool);
    if (!response.connection) {
      auto dialled = co_await worker.connections.dial(endpoint, limits.connect);
      if (!dialled) co_return error_of(dialled.error());
      response.connection = std::move(*dialled);
    }
    worker.cells.upstream_connections.add();
    const auto begun = std::chrono::steady_clock::now();
    const auto trouble = co_await exchange_heads(worker, job, response, validators, limits);
    worker.cells.upstream_connections.subtract();
    if (trouble.none()) {
      response.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
      response.timing.response_time = worker.now();
      response.timing.ahead = worker.shared.clock.ahead();
      response.connection->authenticated |= origin::authenticates_connection(job->head(), response.head);
      const auto framing = http::frame_response(response.head, job->head().method);
      if (framing) {
        response.framing = *framing;
        co_return std::move(response);
      }
      co_return UpstreamError{Kind::malformed,
                              job->context->route.target.host +
                                  " sent an answer whose length is ambiguous: " + std::string{framing.error().what}};
    }
    auto error = error_of(trouble, *job);
    const bool reused = response.connection->reused;
    error.retryable = error.retryable && may_repeat(*job) && (reused || first);
    if (!reused || !error.retryable) co_return std::move(error);
    // A connection that was kept may have died just now. The request may have reached the upstream all the same.
    worker.cells.upstream_failed(upstream_of(*job), true);
  }
}

}  // namespace cachearr::fetch
