// What is counted, logged and remembered of a request.
#include "caching/storing.hpp"
#include "client/exchange.hpp"

namespace cachearr::client {

using SteadyClock = std::chrono::steady_clock;

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
void Exchange::memoize(pipeline::RequestContext& context, std::string_view head) {
  auto memoized = std::make_unique<MemoizedRequest>();
  describe(context, client_.info, worker_.scratch.secrets, memoized->text);
  memoized->context = std::move(context);
  memoized->context.request.own(head);
  memoized->listener = client_.info.listener;
  memoized->tunnel = client_.info.tunnel;
  worker_.memo.keep(std::move(memoized));
}

namespace {

std::uint64_t microseconds(SteadyClock::duration duration) noexcept {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

/// What the journal keeps of it, but for the texts and the times.
RequestFacts facts_of(const RequestRecord& record, const RequestText& text, const ClientState& client) noexcept {
  RequestFacts facts;
  facts.client = client.info.address;
  facts.http2 = client.http2;
  const auto& asks = record.context.directives;
  facts.has_credentials = record.context.key.has_credentials;
  facts.insists = asks.no_cache || asks.max_age == 0U;
  facts.no_store = asks.no_store;
  facts.bytes = record.sent.body_bytes;
  facts.status = static_cast<std::uint16_t>(record.sent.status);
  facts.way = text.way;
  facts.partition = text.partition;
  facts.result = record.result;
  facts.forward = record.cache.forward;
  facts.stored = record.cache.stored;
  facts.collapsed = record.cache.collapsed;
  return facts;
}

}  // namespace

/// Puts it into the journal, and gives how long it took in microseconds. What a hit was asked by is left out: there are
/// too many of them, and they went nowhere.
std::uint64_t Exchange::remember(const RequestRecord& record, const RequestText& text) {
  RequestNote note{facts_of(record, text, client_), text.shown, record.cache.detail, record.error, {}};
  if (!note.facts.is_hit()) {
    worker_.text.sent.clear();
    append_shown_fields(worker_.text.sent, record.context, worker_.scratch.secrets);
    note.sent = worker_.text.sent;
  }
  auto& facts = note.facts;
  RequestJournal::Writing journal{worker_.journal};
  const auto ended = SteadyClock::now();
  const auto started = record.context.started;
  facts.duration_us = microseconds(ended - started);
  facts.waited_us = waited_within(facts.duration_us, record.waited);
  facts.first_byte_us = microseconds(record.first_byte.value_or(record.answered.value_or(ended)) - started);
  facts.at = record.context.now + Duration{facts.duration_us / 1000};
  journal.add(note, ended, client_.place);
  return facts.duration_us;
}

void Exchange::count_saving(const pipeline::RequestContext& context, const caching::FetchCost& saved) {
  if (!client_.savings) client_.savings = &worker_.cells.savings.of(client_.info.peer);
  client_.savings->of(context.upstream_number(worker_.shared.metrics))
      .add(saved.bytes, saved.quota_units, saved.milliseconds);
  worker_.cells.calls_saved.add();
}

namespace {

metrics::Cell& hits_of(metrics::LabelCells& label, const RequestRecord& record) noexcept {
  if (record.context.from_disk) return label.hits_disk;
  return record.cache.detail == "shared" ? label.hits_shared : label.hits_memory;
}

}  // namespace

void Exchange::count(const RequestRecord& record, std::uint64_t took) {
  const auto& context = record.context;
  const auto answered = record.answered ? microseconds(*record.answered - context.started) : took;
  auto& cells = worker_.cells;
  cells.requests[static_cast<std::size_t>(record.result)].record(answered);
  if (record.cache.hit || record.cache.forward != http::Forward::none) {
    auto& label = cells.label(context.label(worker_.shared.metrics));
    (record.cache.hit ? hits_of(label, record) : label.misses[static_cast<std::size_t>(record.cache.forward)]).add();
    label.results[static_cast<std::size_t>(record.result)].add();
  }
  if (const auto* const rule = context.verdict.rule) {
    auto& counted = cells.rule(context.snapshot->labels->rule_number_of(*rule, worker_.shared.metrics));
    counted.matched.add();
    if (record.cache.hit) counted.hits.add();
  }
  if (record.cache.collapsed) cells.collapsed.add();
  if (record.saved) count_saving(context, *record.saved);
}

void Exchange::record(const RequestRecord& record) {
  if (!record.text) describe(record.context, client_.info, worker_.scratch.secrets, worker_.text);
  const auto& text = record.text ? *record.text : worker_.text;
  const auto took = remember(record, text);
  count(record, took);
  LogFacts facts;
  facts.text = &text.log;
  facts.client = client_.info.peer;
  facts.status = record.sent.status;
  facts.bytes = record.sent.body_bytes;
  facts.microseconds = took;
  facts.cache = record.cache;
  facts.tls = record.tls;
  facts.error = record.error;
  facts.http2 = client_.http2;
  worker_.log.write(facts, record.context.now + Duration{took / 1000});
}

}  // namespace cachearr::client
