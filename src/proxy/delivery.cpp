#include "proxy/delivery.hpp"

#include <array>
#include <cstdio>
#include <vector>

#include "base/text.hpp"
#include "caching/storing.hpp"
#include "caching/vary.hpp"
#include "net/event.hpp"
#include "proxy/flights.hpp"
#include "proxy/tunnel.hpp"

namespace cachearr::proxy {

using http::FieldId;
using net::IoError;
using Kind = Outcome::Kind;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kSendAtOnce = 256 * 1024;

bool has_conditions_or_range(const http::FieldList& fields) {
  return fields.has(FieldId::if_none_match) || fields.has(FieldId::if_modified_since) ||
         fields.has(FieldId::if_match) || fields.has(FieldId::if_unmodified_since) || fields.has(FieldId::range);
}

/// One client's way through one or, rarely, two flights.
class Delivery {
 public:
  Delivery(Session& session, std::shared_ptr<FetchJob> job)
      : session_{session}, desk_{session.desk()}, job_{std::move(job)}, started_{SteadyClock::now()} {}
  net::Task<Next> run();

 private:
  bool may_collapse() const;
  void join();
  net::Task<> look_on_disk();
  net::Task<bool> send_interim(const std::string& head);
  net::Task<Next> send_outcome(FlightReader& reader, const Outcome& outcome);
  net::Task<Next> send_answer(FlightReader& reader, const Outcome& outcome);
  void append_piece(std::string_view data, bool chunked);
  net::Task<bool> send_body(FlightReader& reader, bool chunked, const http::CacheStatus& cache);
  net::Task<Next> send_entry(const Outcome& outcome);
  net::Task<Next> send_failure(const Outcome& outcome);
  net::Task<Next> go_over(const Outcome& outcome);
  net::Task<Next> serve_found();
  bool is_for_us(const Outcome& outcome);
  net::Task<> end_upload();
  bool keep_alive() const;
  ReplyConnection connection(bool keep) const { return {keep, job_->request.head.minor_version == 0}; }
  void record(const http::CacheStatus& cache, std::string_view error = {});

  Session& session_;
  Desk& desk_;
  std::shared_ptr<FetchJob> job_;
  SteadyClock::time_point started_;
  std::shared_ptr<Flight> flight_;
  bool leads_ = false;
  bool from_disk_ = false;
  std::string_view tls_;  // spoken with the origin
  Sent sent_;
};

bool Delivery::keep_alive() const {
  return job_->framing.keep_alive && (!job_->upload || job_->upload->finished || !job_->upload->started);
}

bool Delivery::may_collapse() const {
  const auto& known = job_->known;
  if (known.course == Course::bypass || job_->request.head.method != http::Method::get || known.hit_for_miss ||
      job_->upgrade)
    return false;
  return known.course == Course::validate || !has_conditions_or_range(job_->request.head.fields);
}

/// Takes part in the flight of this name, or begins one.
void Delivery::join() {
  if (may_collapse()) {
    auto joined = desk_.services.flights.join(job_->known.id, job_->known.identity, desk_.services.store.generation(),
                                              desk_.worker);
    flight_ = std::move(joined.flight);
    leads_ = joined.leader;
    job_->in_table = joined.leader;
  } else {
    flight_ = std::make_shared<Flight>(desk_.worker);
    leads_ = true;
  }
}

/// What the disk tier gave, handed back to the worker.
struct DiskAnswer {
  explicit DiskAnswer(net::Worker& w) : worker{w}, arrived{w} {}
  net::Worker& worker;
  net::Event arrived;
  store::EntryPtr entry;
};

net::Task<store::EntryPtr> find_on_disk(Desk& desk, const Hash128& id, std::string_view identity) {
  if (!desk.services.store.may_be_on_disk(id)) co_return store::EntryPtr{};
  auto answer = std::make_shared<DiskAnswer>(desk.worker);
  desk.services.store.find_on_disk(id, identity, [answer](store::EntryPtr entry) {
    answer->worker.post([answer, entry = std::move(entry)] {
      answer->entry = entry;
      answer->arrived.set();
    });
  });
  co_await answer->arrived.wait();
  co_return answer->entry;
}

net::Task<> Delivery::look_on_disk() {
  auto& known = job_->known;
  if (known.course != Course::fetch) co_return;
  auto found = co_await find_on_disk(desk_, known.id, known.identity);
  if (found && (found->meta.flags & caching::kVaryMarker) != 0) {
    known.varies_by = found->head();
    known.identity = known.key.identity + '\n';
    caching::append_variant(known.identity, known.varies_by, job_->request.head.fields);
    known.id = hash128(known.identity);
    found = desk_.services.store.find(known.id, known.identity);
    if (!found) found = co_await find_on_disk(desk_, known.id, known.identity);
  }
  if (!found || (found->meta.flags & (caching::kHitForMiss | caching::kVaryMarker)) != 0) co_return;
  known.entry = std::move(found);
  from_disk_ = true;
  decide_by_entry(known);
}

net::Task<Next> Delivery::run() {
  co_await look_on_disk();
  const auto course = job_->known.course;
  if (course == Course::serve || course == Course::serve_and_refresh) {
    co_return co_await serve_found();
  }
  if (job_->framing.body != http::Framing::Body::none)
    job_->upload = std::make_shared<Upload>(desk_.worker, session_.stream(), session_.inbox(), job_->framing);
  for (;;) {
    join();
    FlightReader reader{flight_, desk_.worker};
    if (leads_) {
      job_->flight = flight_;
      desk_.worker.spawn(fetch(desk_, job_), "fetch");
    }
    for (;;) {
      const auto arrival = co_await reader.wait_outcome();
      if (arrival.kind == Arrival::Kind::outcome) break;
      const bool sent = co_await send_interim(arrival.interim);
      if (!sent) co_return Next::close;
    }
    const auto& outcome = reader.outcome();
    if (!is_for_us(outcome)) continue;
    auto next = co_await send_outcome(reader, outcome);
    co_await end_upload();
    if (job_->upload && !job_->upload->finished) next = Next::close;
    co_return next;
  }
}

/// A follower takes only what may be shared and what its own request selects; else it makes a request of its own.
bool Delivery::is_for_us(const Outcome& outcome) {
  if (leads_) return true;
  if (outcome.kind == Kind::answer && !outcome.shareable) {
    job_->known.hit_for_miss = true;
    return false;
  }
  if (outcome.kind != Kind::answer || outcome.varies_by.empty()) return true;
  std::string variant;
  caching::append_variant(variant, outcome.varies_by, job_->request.head.fields);
  if (variant == outcome.variant) return true;
  job_->known.varies_by = outcome.varies_by;
  job_->known.identity = job_->known.key.identity + '\n' + variant;
  job_->known.id = hash128(job_->known.identity);
  job_->known.entry = desk_.services.store.find(job_->known.id, job_->known.identity);
  decide_by_entry(job_->known);
  if (job_->known.course == Course::serve || job_->known.course == Course::serve_and_refresh)
    job_->known.course = Course::validate;
  return false;
}

/// The client's stream must not be read by two: an upload that nobody needs any more is ended before the session goes
/// on.
net::Task<> Delivery::end_upload() {
  if (!job_->upload || job_->upload->ended) co_return;
  if (!job_->upload->started) co_return;
  session_.stream().shutdown_write();
  session_.stream().close();
  co_await job_->upload->done.wait();
}

net::Task<bool> Delivery::send_interim(const std::string& head) {
  if (job_->request.head.minor_version == 0) co_return true;
  const auto sent = co_await net::write_all(session_.stream(), head);
  co_return sent == IoError::none;
}

net::Task<Next> Delivery::send_outcome(FlightReader& reader, const Outcome& outcome) {
  switch (outcome.kind) {
    case Kind::answer: return send_answer(reader, outcome);
    case Kind::entry: return send_entry(outcome);
    case Kind::upgraded: return go_over(outcome);
    case Kind::failed:
    case Kind::pending: break;
  }
  return send_failure(outcome);
}

void Delivery::record(const http::CacheStatus& cache, std::string_view error) {
  session_.record({job_->request.head, job_->known, sent_, cache, started_, error, from_disk_, tls_});
}

net::Task<Next> Delivery::serve_found() {
  http::CacheStatus cache;
  const auto& known = job_->known;
  cache.hit = true;
  cache.ttl = caching::ttl_at(known.entry->meta, known.now);
  cache.key = known.key.key;
  cache.detail = known.detail;
  sent_ = desk_.append_fitting(job_->request.head, known.entry, cache, desk_.now(), connection(keep_alive()));
  known.entry->count_hit();
  follow_up(desk_, known, job_->request.head, job_->request.bytes());
  record(cache);
  const auto next = co_await session_.flush();
  co_return keep_alive() ? next : Next::close;
}

net::Task<Next> Delivery::send_entry(const Outcome& outcome) {
  tls_ = outcome.tls;
  auto cache = outcome.cache_status;
  cache.key = job_->known.key.key;
  cache.collapsed = !leads_ && !cache.hit;
  if (!cache.hit) cache.ttl = caching::ttl_at(outcome.entry->meta, desk_.now());
  const bool keep = keep_alive();
  sent_ = desk_.append_fitting(job_->request.head, outcome.entry, cache, desk_.now(), connection(keep));
  record(cache);
  const auto next = co_await session_.flush();
  co_return keep ? next : Next::close;
}

net::Task<Next> Delivery::send_failure(const Outcome& outcome) {
  const bool keep = keep_alive();
  if (!outcome.cache_status.detail.empty()) job_->known.detail = outcome.cache_status.detail;
  session_.append_refusal(job_->request.head, job_->known, {outcome.error_status, outcome.error, outcome.error_fields},
                          keep, started_);
  const auto next = co_await session_.flush();
  co_return keep ? next : Next::close;
}

net::Task<Next> Delivery::go_over(const Outcome& outcome) {
  auto origin = std::move(job_->handed_over);
  const auto sent = co_await net::write_all(session_.stream(), outcome.head);
  if (sent != IoError::none || !origin) co_return Next::close;
  const auto idle = desk_.settings().config.timeouts.client_idle * 10;
  const auto relayed =
      co_await relay(desk_.worker, session_.stream(), session_.inbox(), *origin->stream, origin->inbox, idle);
  sent_ = {101, relayed.to_client};
  http::CacheStatus cache;
  cache.forward = http::Forward::bypass;
  cache.forward_status = 101;
  tls_ = outcome.tls;
  record(cache);
  co_return Next::close;
}

net::Task<Next> Delivery::send_answer(FlightReader& reader, const Outcome& outcome) {
  const auto& request = job_->request.head;
  tls_ = outcome.tls;
  auto cache = outcome.cache_status;
  cache.key = outcome.cache_status.stored ? std::string_view{job_->known.key.key} : std::string_view{};
  cache.collapsed = !leads_;
  const bool counted = outcome.bodiless || outcome.length.has_value();
  const bool chunked = !counted && request.minor_version > 0;
  const bool keep = keep_alive() && (counted || chunked);
  auto& text = desk_.output.text();
  text += outcome.head;
  if (chunked) text += "Transfer-Encoding: chunked\r\n";
  if (outcome.length && !outcome.bodiless) {
    text += "Content-Length: ";
    text::append_number(text, static_cast<std::int64_t>(*outcome.length));
    text += "\r\n";
  }
  if (outcome.age >= 0) {
    text += "Age: ";
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(desk_.now() - outcome.answered).count();
    text::append_number(text, outcome.age + since);
    text += "\r\n";
  }
  append_tail(text, cache, connection(keep));
  sent_ = {outcome.status, 0};
  bool whole = true;
  if (outcome.bodiless) {
    record(cache);
    const auto next = co_await session_.flush();
    whole = next == Next::go_on;
  } else {
    whole = co_await send_body(reader, chunked, cache);
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
  auto& output = desk_.output;
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
net::Task<bool> Delivery::send_body(FlightReader& reader, bool chunked, const http::CacheStatus& cache) {
  std::vector<ChunkPtr> kept;  // until they are sent
  std::size_t pending = 0;
  for (;;) {
    Arrival arrival;
    const bool ready = pending < kSendAtOnce && reader.poll(arrival);
    if (ready && arrival.kind == Arrival::Kind::data) {
      append_piece(*arrival.data, chunked);
      pending += arrival.data->size();
      kept.push_back(std::move(arrival.data));
      continue;
    }
    const bool ended = ready && arrival.kind == Arrival::Kind::end;
    if (ended && chunked) desk_.output.text() += "0\r\n\r\n";
    if (ended) record(cache);
    const auto flushed = co_await session_.flush();
    kept.clear();
    pending = 0;
    if (ended) co_return flushed == Next::go_on;
    if (flushed == Next::close || ready) {
      record(cache, "broke off");
      co_return false;
    }
    co_await reader.wait_body();
  }
}

}  // namespace

net::Task<Next> deliver(Session& session, std::shared_ptr<FetchJob> job) {
  auto delivery = std::make_unique<Delivery>(session, std::move(job));
  co_return co_await delivery->run();
}

}  // namespace cachearr::proxy
