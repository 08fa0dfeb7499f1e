#include "client/delivery.hpp"

#include <array>
#include <cstdio>
#include <vector>

#include "base/text.hpp"
#include "caching/storing.hpp"
#include "caching/variant.hpp"
#include "client/tunnel/relay.hpp"
#include "fetch/fetch_table.hpp"
#include "net/event.hpp"
#include "pipeline/look_up.hpp"

namespace cachearr::client {

using http::FieldId;
using net::IoError;
using Kind = fetch::FetchOutcome::Kind;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kSendAtOnce = 256 * 1024;

bool has_conditions_or_range(const http::FieldList& fields) {
  return fields.has(FieldId::if_none_match) || fields.has(FieldId::if_modified_since) ||
         fields.has(FieldId::if_match) || fields.has(FieldId::if_unmodified_since) || fields.has(FieldId::range);
}

/// One client's way through one or, rarely, two fetches.
class Delivery {
 public:
  Delivery(Session& session, std::shared_ptr<fetch::FetchJob> job)
      : session_{session}, worker_{session.worker()}, job_{std::move(job)} {}
  net::Task<Next> run();

 private:
  net::Task<Next> answer();
  bool may_collapse() const;
  void join();
  net::Task<> look_on_disk();
  net::Task<bool> send_interim(const std::string& head);
  net::Task<Next> send_outcome(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome);
  net::Task<Next> send_answer(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome);
  void append_piece(std::string_view data, bool chunked);
  net::Task<bool> send_body(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome, bool chunked,
                            const http::CacheStatus& cache);
  net::Task<Next> send_entry(const fetch::FetchOutcome& outcome);
  net::Task<Next> send_failure(const fetch::FetchOutcome& outcome);
  net::Task<Next> go_over(const fetch::FetchOutcome& outcome);
  net::Task<Next> serve_found();
  bool is_for_us(const fetch::FetchOutcome& outcome);
  bool keep_alive() const;
  ReplyConnection connection(bool keep) const { return {keep, job_->context->head().minor_version == 0}; }
  void record(metrics::RequestResult result, const http::CacheStatus& cache, std::string_view error = {});
  metrics::RequestResult result_of(const fetch::FetchOutcome& outcome) const noexcept;

  Session& session_;
  ClientContext& worker_;
  std::shared_ptr<fetch::FetchJob> job_;
  std::shared_ptr<fetch::SharedFetch> shared_fetch_;
  bool leads_ = false;
  std::string_view tls_;  // spoken with the origin
  ReplySize sent_;
};

bool Delivery::keep_alive() const {
  return job_->context->framing.keep_alive && (!job_->upload || job_->upload->is_used_up());
}

bool Delivery::may_collapse() const {
  const auto& context = *job_->context;
  if (context.disposition == pipeline::Disposition::pass || job_->context->head().method != http::Method::get ||
      context.hit_for_miss || job_->upgrade)
    return false;
  return context.disposition == pipeline::Disposition::revalidate ||
         !has_conditions_or_range(job_->context->head().fields);
}

/// Takes part in the fetch of this name, or begins one.
void Delivery::join() {
  if (may_collapse()) {
    auto joined = worker_.fetch_table.join(job_->context->variant.id, job_->context->variant.identity,
                                           worker_.shared.store.generation(), worker_.loop);
    shared_fetch_ = std::move(joined.shared_fetch);
    leads_ = joined.is_new;
    job_->in_table = joined.is_new;
  } else {
    shared_fetch_ = std::make_shared<fetch::SharedFetch>(worker_.loop);
    leads_ = true;
  }
}

/// What the disk tier gave, handed back to the worker.
struct DiskAnswer {
  explicit DiskAnswer(net::Worker& w) : worker{w.handle()}, arrived{w} {}
  net::WorkerHandle worker;  // the disk may be slower than the worker's end
  net::Event arrived;
  store::EntryPtr entry;
};

net::Task<store::EntryPtr> find_on_disk(ClientContext& worker, const Hash128& id, std::string_view identity) {
  if (!worker.shared.store.may_be_on_disk(id)) co_return store::EntryPtr{};
  auto answer = std::make_shared<DiskAnswer>(worker.loop);
  worker.shared.store.find_on_disk(id, identity, [answer](store::EntryPtr entry) {
    answer->worker.post([answer, entry = std::move(entry)] {
      answer->entry = entry;
      answer->arrived.set();
    });
  });
  co_await answer->arrived.wait();
  co_return answer->entry;
}

/// What memory does not have may be in the slow tier, the list of selecting fields as well.
net::Task<> Delivery::look_on_disk() {
  auto& context = *job_->context;
  if (context.disposition != pipeline::Disposition::fetch || context.hit_for_miss) co_return;
  auto& store = worker_.shared.store;
  const bool varies = !context.variant.varies_by.empty();
  auto found = co_await find_on_disk(worker_, context.variant.id, context.variant.identity);
  if (!varies && caching::marker_of(found)) {
    pipeline::take_found(context, std::move(found));
    found = store.find(context.variant.id, context.variant.identity);
    if (!found) found = co_await find_on_disk(worker_, context.variant.id, context.variant.identity);
  }
  if (!found || caching::kind_of(found->meta, context.now) != caching::EntryKind::response) co_return;
  context.entry = std::move(found);
  context.from_disk = true;
  pipeline::decide_by_entry(context);
}

/// However the exchange ends, the client's stream is the session's again before this returns.
net::Task<Next> Delivery::run() {
  co_await look_on_disk();
  if (job_->context->is_served()) {
    co_return co_await serve_found();
  }
  if (job_->context->framing.body != http::Framing::Body::none)
    job_->upload =
        std::make_shared<fetch::Upload>(worker_.loop, session_.stream(), session_.inbox(), job_->context->framing);
  auto next = co_await answer();
  if (job_->upload) co_await job_->upload->end();
  if (job_->upload && !job_->upload->is_used_up()) next = Next::close;
  co_return next;
}

net::Task<Next> Delivery::answer() {
  for (;;) {
    join();
    fetch::FetchReader reader{shared_fetch_, worker_.loop};
    if (leads_) {
      job_->shared_fetch = shared_fetch_;
      worker_.loop.spawn(fetch::run_fetch(worker_, job_), "fetch");
    }
    for (;;) {
      const auto arrival = co_await reader.wait_outcome();
      if (arrival.kind == fetch::Arrival::Kind::outcome) break;
      const bool sent = co_await send_interim(arrival.interim);
      if (!sent) co_return Next::close;
    }
    const auto& outcome = reader.outcome();
    if (!is_for_us(outcome)) continue;
    const auto next = co_await send_outcome(reader, outcome);
    co_return next;
  }
}

/// A follower takes only what may be shared and what its own request selects; else it makes a request of its own.
bool Delivery::is_for_us(const fetch::FetchOutcome& outcome) {
  if (leads_) return true;
  auto& context = *job_->context;
  if (outcome.kind == Kind::answer && !outcome.shareable) {
    context.hit_for_miss = true;
    return false;
  }
  if (outcome.is_selected_by(context.head().fields)) return true;
  caching::name_variant(context.resource(), outcome.varies_by, context.head().fields, context.variant);
  context.entry = worker_.shared.store.find(context.variant.id, context.variant.identity);
  pipeline::decide_by_entry(context);
  if (context.is_served()) context.disposition = pipeline::Disposition::revalidate;
  return false;
}

net::Task<bool> Delivery::send_interim(const std::string& head) {
  if (job_->context->head().minor_version == 0) co_return true;
  const auto sent = co_await net::write_all(session_.stream(), head);
  co_return sent == IoError::none;
}

net::Task<Next> Delivery::send_outcome(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome) {
  switch (outcome.kind) {
    case Kind::answer: return send_answer(reader, outcome);
    case Kind::entry: return send_entry(outcome);
    case Kind::upgraded: return go_over(outcome);
    case Kind::failed:
    case Kind::pending: break;
  }
  return send_failure(outcome);
}

void Delivery::record(metrics::RequestResult result, const http::CacheStatus& cache, std::string_view error) {
  session_.record({*job_->context, result, sent_, cache, error, tls_});
}

/// How an answer is counted that a fetch has brought.
metrics::RequestResult Delivery::result_of(const fetch::FetchOutcome& outcome) const noexcept {
  using metrics::RequestResult;
  if (outcome.stale) return RequestResult::stale;
  if (outcome.cache_status.hit) return RequestResult::hit;
  if (!leads_) return RequestResult::collapsed;
  if (job_->context->disposition == pipeline::Disposition::pass) return RequestResult::bypass;
  const bool confirmed = outcome.kind == Kind::entry && outcome.cache_status.forward == http::Forward::stale;
  return confirmed ? RequestResult::revalidated : RequestResult::miss;
}

net::Task<Next> Delivery::serve_found() {
  const auto& context = *job_->context;
  const auto cache = cache_status_of(context);
  const bool keep = keep_alive();
  sent_ =
      worker_.append_fitting(session_.output(), context.head(), context.entry, cache, worker_.now(), connection(keep));
  context.entry->count_hit();
  fetch::follow_up(worker_, context, context.request.bytes());
  record(client::result_of(context), cache);
  const auto next = co_await session_.flush();
  co_return keep ? next : Next::close;
}

net::Task<Next> Delivery::send_entry(const fetch::FetchOutcome& outcome) {
  tls_ = outcome.tls;
  auto cache = outcome.cache_status;
  cache.key = job_->context->key.key;
  cache.collapsed = !leads_ && !cache.hit;
  if (!cache.hit) cache.ttl = caching::ttl_at(outcome.entry->meta, worker_.now());
  const bool keep = keep_alive();
  sent_ = worker_.append_fitting(session_.output(), job_->context->head(), outcome.entry, cache, worker_.now(),
                                 connection(keep));
  record(result_of(outcome), cache);
  const auto next = co_await session_.flush();
  co_return keep ? next : Next::close;
}

net::Task<Next> Delivery::send_failure(const fetch::FetchOutcome& outcome) {
  if (job_->upload) job_->upload->discard_buffered();
  const bool keep = keep_alive();
  if (!outcome.cache_status.detail.empty()) job_->context->detail = outcome.cache_status.detail;
  session_.append_refusal(*job_->context, {outcome.error_status, outcome.error, outcome.error_fields}, keep);
  const auto next = co_await session_.flush();
  co_return keep ? next : Next::close;
}

net::Task<Next> Delivery::go_over(const fetch::FetchOutcome& outcome) {
  auto origin = std::move(job_->handed_over);
  const auto sent = co_await net::write_all(session_.stream(), outcome.head);
  if (sent != IoError::none || !origin) co_return Next::close;
  const auto idle = worker_.settings().config.timeouts.client_idle * 10;
  const auto answered = SteadyClock::now();
  const auto relayed =
      co_await relay(worker_.loop, session_.stream(), session_.inbox(), *origin->stream, origin->inbox, idle);
  sent_ = {101, relayed.to_client};
  http::CacheStatus cache;
  cache.forward = http::Forward::bypass;
  cache.forward_status = 101;
  session_.record({*job_->context, metrics::RequestResult::tunnel, sent_, cache, {}, outcome.tls, nullptr, answered});
  co_return Next::close;
}

net::Task<Next> Delivery::send_answer(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome) {
  const auto& request = job_->context->head();
  tls_ = outcome.tls;
  auto cache = outcome.cache_status;
  cache.key = outcome.cache_status.stored ? std::string_view{job_->context->key.key} : std::string_view{};
  cache.collapsed = !leads_;
  const bool counted = outcome.bodiless || outcome.length.has_value();
  const bool chunked = !counted && request.minor_version > 0;
  const bool keep = keep_alive() && (counted || chunked);
  auto& text = session_.output().text();
  text += outcome.head;
  if (chunked) text += "Transfer-Encoding: chunked\r\n";
  if (outcome.length && !outcome.bodiless) {
    text += "Content-Length: ";
    text::append_number(text, static_cast<std::int64_t>(*outcome.length));
    text += "\r\n";
  }
  if (outcome.age >= 0) {
    text += "Age: ";
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(worker_.now() - outcome.answered).count();
    text::append_number(text, outcome.age + since);
    text += "\r\n";
  }
  append_tail(text, cache, connection(keep));
  sent_ = {outcome.status, 0};
  bool whole = true;
  if (outcome.bodiless) {
    record(result_of(outcome), cache);
    const auto next = co_await session_.flush();
    whole = next == Next::go_on;
  } else {
    whole = co_await send_body(reader, outcome, chunked, cache);
  }
  if (!whole) {
    // Without a length or chunks only a reset tells the client that this was not all.
    net::reset_on_close(session_.stream());
    session_.stream().close();
  }
  co_return whole&& keep ? Next::go_on : Next::close;
}

/// Lays one piece of the body into the output.
void Delivery::append_piece(std::string_view data, bool chunked) {
  auto& output = session_.output();
  sent_.body_bytes += data.size();
  if (chunked) {
    std::array<char, 24> size{};
    const auto digits = std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
    output.text().append(size.data(), static_cast<std::size_t>(digits));
  }
  output.append(data);
  if (chunked) output.text() += "\r\n";
}

/// What is there goes out together, head included; the client waits for nothing that has arrived. An answer is counted
/// before its last bytes go out: who has it whole finds it in the metrics.
net::Task<bool> Delivery::send_body(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome, bool chunked,
                                    const http::CacheStatus& cache) {
  std::vector<fetch::ChunkPtr> kept;  // until they are sent
  std::size_t pending = 0;
  for (;;) {
    fetch::Arrival arrival;
    const bool ready = pending < kSendAtOnce && reader.poll(arrival);
    if (ready && arrival.kind == fetch::Arrival::Kind::data) {
      append_piece(*arrival.data, chunked);
      pending += arrival.data->size();
      kept.push_back(std::move(arrival.data));
      continue;
    }
    const bool ended = ready && arrival.kind == fetch::Arrival::Kind::end;
    if (ended && chunked) session_.output().text() += "0\r\n\r\n";
    if (ended) record(result_of(outcome), cache);
    const auto flushed = co_await session_.flush();
    kept.clear();
    pending = 0;
    if (ended) co_return flushed == Next::go_on;
    if (flushed == Next::close || ready) {
      record(metrics::RequestResult::error, cache, "broke off");
      co_return false;
    }
    co_await reader.wait_body();
  }
}

}  // namespace

net::Task<Next> deliver(Session& session, std::shared_ptr<fetch::FetchJob> job) {
  auto delivery = std::make_unique<Delivery>(session, std::move(job));
  co_return co_await delivery->run();
}

}  // namespace cachearr::client
