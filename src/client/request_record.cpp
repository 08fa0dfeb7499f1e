// What is counted, logged and remembered of a request.
#include "caching/storing.hpp"
#include "client/session.hpp"
#include "rules/below_origin.hpp"

namespace cachearr::client {

using http::Method;
using SteadyClock = std::chrono::steady_clock;

namespace {

/// The part of a log line that a request's bytes and the rules decide. `masked` holds what the facts point to.
LogFacts facts_of(const pipeline::RequestContext& context, std::string& masked) {
  const auto& request = context.head();
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

metrics::RequestResult result_of(const pipeline::RequestContext& context) noexcept {
  return context.disposition == pipeline::Disposition::stale_hit ? metrics::RequestResult::stale
                                                                 : metrics::RequestResult::hit;
}

http::CacheStatus cache_status_of(const pipeline::RequestContext& context) noexcept {
  http::CacheStatus cache;
  cache.hit = true;
  cache.ttl = caching::ttl_at(context.entry->meta, context.now);
  cache.key = context.key.key;
  cache.detail = context.detail;
  return cache;
}

/// It will come again in the same bytes.
void Session::memoize(pipeline::RequestContext& context, std::string_view head) {
  auto memoized = std::make_unique<MemoizedRequest>();
  std::string masked;
  AccessLog::format_request(facts_of(context, masked), memoized->text);
  memoized->context = std::move(context);
  memoized->context.request.own(head);
  memoized->listener = connection_.listener;
  memoized->tunnel = connection_.tunnel;
  worker_.memo.keep(std::move(memoized));
}

void Session::count_saving(const pipeline::RequestContext& context, const caching::FetchCost& saved) {
  if (!savings_) savings_ = &worker_.cells.savings.of(connection_.peer);
  savings_->of(context.upstream_number(worker_.shared.metrics)).add(saved.bytes, saved.quota_units, saved.milliseconds);
  worker_.cells.calls_saved.add();
}

void Session::record(const RequestRecord& record) {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const auto& context = record.context;
  const auto took = duration_cast<microseconds>(SteadyClock::now() - context.started).count();
  const auto answered =
      record.answered ? duration_cast<microseconds>(*record.answered - context.started).count() : took;
  auto& cells = worker_.cells;
  cells.requests[static_cast<std::size_t>(record.result)].record(static_cast<std::uint64_t>(answered));
  if (record.cache.hit || record.cache.forward != http::Forward::none) {
    auto& label = cells.label(context.label(worker_.shared.metrics));
    auto& hits = context.from_disk ? label.hits_disk : label.hits_memory;
    (record.cache.hit ? hits : label.misses[static_cast<std::size_t>(record.cache.forward)]).add();
    label.results[static_cast<std::size_t>(record.result)].add();
  }
  if (record.cache.collapsed) cells.collapsed.add();
  if (record.saved) count_saving(context, *record.saved);
  std::string masked;
  auto facts = record.text ? LogFacts{} : facts_of(context, masked);
  facts.text = record.text;
  facts.client = connection_.peer;
  facts.status = record.sent.status;
  facts.bytes = record.sent.body_bytes;
  facts.microseconds = static_cast<std::uint64_t>(took);
  facts.cache = record.cache;
  facts.tls = record.tls;
  facts.error = record.error;
  worker_.log.write(facts, context.now + Duration{took / 1000});
}

}  // namespace cachearr::client
