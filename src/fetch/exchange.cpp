#include "fetch/exchange.hpp"

#include "fetch/answer_head.hpp"
#include "fetch/upstream_request.hpp"
#include "net/head_parser.hpp"
#include "net/tls_accept.hpp"
#include "origin/parent.hpp"

namespace cachearr::fetch {

namespace {

constexpr std::size_t kMaxResponseHead = 64 * 1024;
constexpr int kMaxInterim = 100;

struct Limits {
  Duration connect, header, idle;
};

Limits limits_of(const FetchJob& job) {
  const auto& general = job.context->snapshot->settings->config.timeouts;
  Limits limits{general.connect, general.upstream_header, general.upstream_idle};
  if (const auto* upstream = job.context->verdict.upstream) {
    limits.connect = upstream->timeouts.connect.value_or(limits.connect);
    limits.header = upstream->timeouts.header.value_or(limits.header);
    limits.idle = upstream->timeouts.idle.value_or(limits.idle);
  }
  return limits;
}

int status_of(origin::DialFailure::Kind kind) {
  switch (kind) {
    case origin::DialFailure::Kind::forbidden: return 403;
    case origin::DialFailure::Kind::loop: return 508;
    case origin::DialFailure::Kind::timed_out: return 504;
    default: return 502;
  }
}

UpstreamRequest upstream_request(const FetchContext& worker, const FetchJob& job, std::string_view validators) {
  UpstreamRequest from{job.context->request.head, job.context->route, job.context->framing, worker.shared.loop_token,
                       validators};
  from.whole = job.context->disposition == pipeline::Disposition::revalidate &&
               job.context->request.head.method == http::Method::get;
  from.upgrade = job.upgrade;
  from.cacheable = job.context->disposition != pipeline::Disposition::pass;
  from.surrogate = job.surrogate;
  from.max_forwards = job.max_forwards;
  return from;
}

/// How reading a head went, when it did not give one.
struct HeadTrouble {
  net::IoError error = net::IoError::none;
  std::string_view malformed;
  bool nothing_arrived = false;
  std::string tls = {};  // what TLS says about it, a sentence
};

UpstreamError failure_of(const HeadTrouble& trouble, const FetchJob& job) {
  const auto& host = job.context->route.target.host;
  if (job.upload && job.upload->client_failed)
    return {400,
            job.upload->problem.empty() ? "the request's body broke off"
                                        : "the request's body is malformed: " + job.upload->problem,
            true};
  if (!trouble.malformed.empty())
    return {502, host + " sent an answer that is no valid HTTP: " + std::string{trouble.malformed}, false, false, true};
  if (!trouble.tls.empty()) return {502, host + ": " + trouble.tls};
  if (trouble.error == net::IoError::timed_out) return {504, host + " did not answer in time"};
  return {502, host + " ended the connection without an answer (" + std::string{net::name_of(trouble.error)} + ")"};
}

/// A reused connection may have died in the moment we used it; a request without a body and without effect is simply
/// sent again.
bool may_retry(const FetchJob& job) {
  return http::is_idempotent(job.context->request.head.method) && !job.upload && !job.upgrade;
}

/// Relays an interim answer; false where it must not have come.
bool take_interim(FetchJob& job, const http::ResponseHead& head, int& count) {
  if (head.status == 101 || ++count > kMaxInterim) return false;
  if (head.status != 100 || job.context->framing.expects_continue) job.shared_fetch->interim(compose_interim(head));
  return true;
}

net::Task<HeadTrouble> read_head(FetchJob& job, Asked& asked, Duration limit) {
  auto& connection = *asked.connection;
  int interims = 0;
  bool anything = false;
  connection.stream->arm(limit);
  for (;;) {
    const auto parsed = net::parse_response_head(connection.inbox.readable(), kMaxResponseHead, asked.head);
    if (parsed.kind == net::HeadParse::Kind::error) co_return HeadTrouble{net::IoError::none, parsed.problem, false};
    if (parsed.kind == net::HeadParse::Kind::complete) {
      const bool switched = asked.head.status == 101 && job.upgrade;
      if (asked.head.status >= 200 || switched) {
        asked.head_bytes = parsed.consumed;
        connection.stream->disarm();
        co_return HeadTrouble{};
      }
      if (!take_interim(job, asked.head, interims))
        co_return HeadTrouble{net::IoError::none, "an interim answer nobody asked for", false};
      connection.inbox.consume(parsed.consumed);
      continue;
    }
    const auto got = co_await connection.inbox.fill(*connection.stream, kMaxResponseHead);
    if (got.error != net::IoError::none) {
      const bool nothing = !anything && connection.inbox.empty();
      HeadTrouble trouble{got.error, {}, nothing};
      // A server may ask for a client's certificate after the handshake, and end it over that (TLS 1.3).
      if (got.error == net::IoError::tls) trouble.tls = net::tls_trouble_of(*connection.stream);
      co_return trouble;
    }
    anything = true;
  }
}

/// Sends the head, starts the body on its way, and waits for the answer's head.
net::Task<HeadTrouble> exchange_heads(FetchContext& worker, std::shared_ptr<FetchJob> job, Asked& asked,
                                      std::string_view validators, Limits limits) {
  auto from = upstream_request(worker, *job, validators);
  from.through_http_parent = asked.connection->through_http_parent;
  std::string credentials;
  if (from.through_http_parent) {
    const auto parent = origin::parse_parent(job->context->verdict.upstream->proxy);
    if (parent) credentials = origin::basic_credentials(*parent);
    from.parent_credentials = credentials;
  }
  const std::string head = compose(from);
  asked.timing.request_time = worker.now();
  asked.idle = limits.idle;
  job->generation = worker.shared.store.generation();
  asked.connection->stream->arm(limits.idle);
  const auto sent = co_await net::write_all(*asked.connection->stream, head);
  asked.connection->stream->disarm();
  if (sent != net::IoError::none) co_return HeadTrouble{sent, {}, true};
  if (job->upload) worker.loop.spawn(run_upload(job->upload, asked.connection, limits.idle), "upload");
  co_return co_await read_head(*job, asked, limits.header);
}

origin::Endpoint endpoint_of(const FetchJob& job) {
  const auto& route = job.context->route;
  const auto* const upstream = job.context->verdict.upstream;
  origin::Endpoint endpoint;
  endpoint.scheme = route.connect_scheme;
  endpoint.host = route.connect_host;
  endpoint.port = route.connect_port;
  endpoint.allow_private = job.context->snapshot->settings->may_be_private(upstream != nullptr);
  if (upstream) {
    endpoint.verify = upstream->tls_verify;
    endpoint.ca_file = upstream->tls_ca_file;
    endpoint.server_name = upstream->tls_server_name;
    endpoint.parent = upstream->proxy;
  }
  return endpoint;
}

}  // namespace

net::Task<Result<Asked, UpstreamError>> ask(FetchContext& worker, std::shared_ptr<FetchJob> job,
                                            std::string validators) {
  const auto limits = limits_of(*job);
  const auto endpoint = endpoint_of(*job);
  const auto pool = origin::pool_name(endpoint);
  const auto retries = job->context->verdict.upstream ? job->context->verdict.upstream->retries : 1U;
  for (unsigned attempt = 0;; ++attempt) {
    Asked asked;
    if (attempt == 0) asked.connection = worker.connections.take_idle(pool);
    if (!asked.connection) {
      auto dialled = co_await worker.connections.dial(endpoint, limits.connect);
      if (!dialled) {
        const auto kind = dialled.error().kind;
        const bool unsent = kind == origin::DialFailure::Kind::forbidden || kind == origin::DialFailure::Kind::loop;
        co_return UpstreamError{status_of(kind), dialled.error().what, false, unsent};
      }
      asked.connection = std::move(*dialled);
    }
    worker.cells.upstream_connections.add();
    const auto trouble = co_await exchange_heads(worker, job, asked, validators, limits);
    worker.cells.upstream_connections.subtract();
    const bool fine = trouble.error == net::IoError::none && trouble.malformed.empty();
    if (fine) {
      asked.timing.response_time = worker.now();
      const auto framing = http::frame_response(asked.head, job->context->request.head.method);
      if (framing) {
        asked.framing = *framing;
        co_return std::move(asked);
      }
      co_return UpstreamError{502,
                              job->context->route.target.host +
                                  " sent an answer whose length is ambiguous: " + std::string{framing.error().what},
                              false, false, true};
    }
    const bool died = trouble.nothing_arrived && trouble.error != net::IoError::timed_out;
    const bool again = died && may_retry(*job) && (asked.connection->reused ? attempt == 0 : attempt < retries);
    if (!again) co_return failure_of(trouble, *job);
  }
}

}  // namespace cachearr::fetch
