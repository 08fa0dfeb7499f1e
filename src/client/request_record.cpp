// What is counted, logged and remembered of a request.
#include "client/session.hpp"
#include "rules/below_origin.hpp"

namespace cachearr::client {

using http::Method;
using SteadyClock = std::chrono::steady_clock;

namespace {

metrics::RequestResult result_of(const http::CacheStatus& cache, const ReplySize& sent, std::string_view error) {
  if (!error.empty() || sent.status == 0) return metrics::RequestResult::error;
  if (cache.hit) return cache.detail.empty() ? metrics::RequestResult::hit : metrics::RequestResult::stale;
  if (cache.forward == http::Forward::none) return metrics::RequestResult::error;
  if (cache.collapsed) return metrics::RequestResult::collapsed;
  if (cache.forward_status == 304 && cache.forward == http::Forward::stale) return metrics::RequestResult::revalidated;
  return cache.forward == http::Forward::bypass || cache.forward == http::Forward::method
             ? metrics::RequestResult::bypass
             : metrics::RequestResult::miss;
}

/// The part of a log line that a request's bytes and the rules decide. `masked` holds what the facts point to.
LogFacts facts_of(const http::RequestHead& request, const pipeline::RequestContext& context, std::string& masked) {
  const auto& route = context.route;
  LogFacts facts;
  facts.method = request.method_text;
  if (request.method != Method::connect) facts.scheme = route.target.scheme;
  facts.authority = route.host_field;
  facts.path = route.target.path;
  facts.query = route.target.query;
  if (const auto* const upstream = context.verdict.upstream) {
    facts.upstream = upstream->name;
    facts.secrets = upstream->credential_query;
  }
  if (const auto* const rule = context.verdict.rule) {
    facts.rule = rule->name;
    const auto asked = rules::below_origin(*context.verdict.upstream, route.target.path);
    masked = rules::masked_path(*rule, asked);
    if (!masked.empty()) {
      masked.insert(0, route.target.path, 0, route.target.path.size() - asked.size());
      facts.path = masked;
    }
  }
  facts.key = context.key.key;
  return facts;
}

}  // namespace

/// It will come again in the same words.
void Session::remember(std::string_view head) {
  auto recalled = std::make_unique<MemoizedRequest>();
  recalled->request = http::Owned<http::RequestHead>{worker_.request, head};
  recalled->framing = framing_;
  recalled->listener = listener_;
  recalled->tunnel = tunnel_;
  std::string masked;
  AccessLog::format_request(facts_of(worker_.request, worker_.considered, masked), recalled->words);
  recalled->context = std::exchange(worker_.considered, pipeline::RequestContext{});
  worker_.memo.keep(std::move(recalled));
}

void Session::record(const RequestRecord& done) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - done.started).count();
  const auto ending = result_of(done.cache, done.sent, done.error);
  auto& cells = worker_.cells;
  cells.requests[static_cast<std::size_t>(ending)].record(static_cast<std::uint64_t>(took));
  if (done.cache.hit) {
    auto& label = cells.label(worker_.snapshot->labels->index_of(done.context.verdict, worker_.shared.metrics));
    (done.from_disk ? label.hits_disk : label.hits_memory).add();
  } else if (done.cache.forward != http::Forward::none) {
    cells.label(worker_.snapshot->labels->index_of(done.context.verdict, worker_.shared.metrics))
        .misses[static_cast<std::size_t>(done.cache.forward)]
        .add();
  }
  if (done.cache.collapsed) cells.collapsed.add();
  std::string masked;
  auto facts = done.words ? LogFacts{} : facts_of(done.request, done.context, masked);
  facts.words = done.words;
  facts.client = peer_;
  facts.status = done.sent.status;
  facts.bytes = done.sent.body_bytes;
  facts.microseconds = static_cast<std::uint64_t>(took);
  facts.cache = done.cache;
  facts.tls = done.tls;
  facts.error = done.error;
  worker_.log.write(facts, done.context.now + Duration{took / 1000});
}

}  // namespace cachearr::client
