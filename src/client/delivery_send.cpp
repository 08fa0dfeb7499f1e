#include <chrono>
#include <optional>

#include "base/text.hpp"
#include "caching/edge_cookies.hpp"
#include "caching/storing.hpp"
#include "client/delivery_impl.hpp"
#include "client/representation.hpp"
#include "client/tunnel/relay.hpp"
#include "client/way_back.hpp"
#include "http/trailers.hpp"

namespace cachearr::client {

using http::FieldId;
using net::IoError;
using Kind = fetch::FetchOutcome::Kind;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kSendAtOnce = 256 * 1024;

/// Looks now and then whether a client still listens to a stream that may be quiet for long.
class ClientWatch final : public net::Deadline {
 public:
  ClientWatch(net::Deadlines& deadlines, net::Stream& client, fetch::FetchReader& reader)
      : Deadline{deadlines}, client_{client}, reader_{reader} {
    arm(kEvery);
  }

 private:
  void expire() noexcept override {
    if (client_.is_stale()) return client_.close(), reader_.wake();
    arm(kEvery);
  }
  static constexpr Duration kEvery{1000};
  net::Stream& client_;
  fetch::FetchReader& reader_;
};

/// Cookies of an answer that is shared without being stored are those of the client that had it fetched.
std::string without_cookies(const std::string& head) {
  http::ResponseHead parsed;
  return http::parse_stored_head(head, parsed) ? caching::without_cookies(parsed) : head;
}

}  // namespace

net::Task<bool> Delivery::send_interim(const std::string& head) {
  if (job_->context->head().minor_version == 0) co_return true;
  co_return co_await exchange_.send_interim(head);
}

net::Task<Next> Delivery::send_outcome(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome) {
  refused_for_ = outcome.refused_for;
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
  const auto* const saved = saved_ && result != metrics::RequestResult::error ? &*saved_ : nullptr;
  const auto why = error.empty() ? refused_for_ : error;
  exchange_.record({*job_->context, result, sent_, cache, why, tls_, nullptr, {}, first_byte_, saved, waited_});
}

/// Who waited for the fetch of another has had what a hit has.
void Delivery::take_saving(const fetch::FetchReader& reader) {
  if (leads_) return;
  saved_ = reader.cost();
  if (reader.stored()) reader.stored()->count_hit();
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

net::Task<Next> Delivery::serve_found(const Fitting& fitting) {
  const auto& context = *job_->context;
  const auto cache = cache_status_of(context);
  const auto result = client::result_of(context);
  context.entry->count_hit();
  saved_ = context.entry->cost();
  fetch::follow_up(worker_, context, context.request.bytes());
  const auto next = co_await send_stored(context.entry, fitting, cache, result);
  co_return next;
}

net::Task<Next> Delivery::send_stored(const store::EntryPtr& entry, const Fitting& fitting,
                                      const http::CacheStatus& cache, metrics::RequestResult result) {
  if (fitting.kind == Fitting::Kind::in_steps) {
    const auto next = co_await send_in_steps(entry, fitting, cache, result);
    co_return next;
  }
  const bool keep = keep_alive();
  sent_ = ClientContext::append_fitting(exchange_.sink(), job_->context->head(), entry, fitting, cache, worker_.now(),
                                        connection(keep));
  record(result, cache);
  const auto next = co_await exchange_.flush();
  co_return keep ? next : Next::close;
}

/// A long body in a coding that the client does not take is decoded while it is sent.
net::Task<Next> Delivery::send_in_steps(const store::EntryPtr& entry, const Fitting& fitting,
                                        const http::CacheStatus& cache, metrics::RequestResult result) {
  const auto& request = job_->context->head();
  sent_ = append_stored_head(exchange_.sink(), request, fitting.made, cache, worker_.now(), connection(keep_alive()));
  const bool keep = keep_alive() && sent_.delimited;
  first_byte_ = SteadyClock::now();
  if (sent_.body_follows) {
    BodyWriter body{exchange_, fitting.coding};
    bool whole = co_await body.append_decoded(entry->body());
    whole = whole && body.end();
    sent_.body_bytes = body.sent();
    if (!whole) {
      record(metrics::RequestResult::error, cache, "broke off");
      exchange_.sink().reset();
      co_return Next::close;
    }
    record(result, cache);
    const auto next = co_await body.flush();
    co_return keep ? next : Next::close;
  }
  record(result, cache);
  const auto next = co_await exchange_.flush();
  co_return keep ? next : Next::close;
}

net::Task<Next> Delivery::send_entry(const fetch::FetchOutcome& outcome) {
  tls_ = outcome.tls;
  auto cache = outcome.cache_status;
  cache.key = job_->context->key.key;
  cache.collapsed = !leads_ && !cache.hit;
  if (!cache.hit) cache.ttl = caching::ttl_at(outcome.entry->meta, worker_.now());
  if (cache.hit || !leads_) outcome.entry->count_hit();
  if (!leads_ || !outcome.asked) saved_ = outcome.entry->cost();
  const auto fitting = worker_.fit(*job_->context, outcome.entry);
  const auto next = co_await send_stored(outcome.entry, fitting, cache, result_of(outcome));
  co_return next;
}

net::Task<Next> Delivery::refuse_unfit() {
  const bool keep = keep_alive();
  exchange_.append_refusal(
      *job_->context, {504, "the request said only-if-cached, and what is stored is in a coding that it does not take"},
      keep);
  const auto next = co_await exchange_.flush();
  co_return keep ? next : Next::close;
}

net::Task<Next> Delivery::refuse_to_ask() {
  const bool keep = keep_alive();
  pipeline::refuse_to_ask(*job_->context);
  exchange_.append_refusal(*job_->context, job_->context->refusal, keep);
  const auto next = co_await exchange_.flush();
  co_return keep ? next : Next::close;
}

net::Task<Next> Delivery::send_failure(const fetch::FetchOutcome& outcome) {
  if (job_->upload) job_->upload->discard_buffered();
  const bool keep = keep_alive();
  if (!outcome.cache_status.detail.empty()) job_->context->detail = outcome.cache_status.detail;
  exchange_.append_refusal(*job_->context, {outcome.error_status, outcome.error, outcome.error_fields}, keep);
  const auto next = co_await exchange_.flush();
  co_return keep ? next : Next::close;
}

net::Task<Next> Delivery::go_over(const fetch::FetchOutcome& outcome) {
  auto origin = std::move(job_->handed_over);
  http::CacheStatus cache;
  cache.forward = http::Forward::bypass;
  cache.forward_status = 101;
  std::string head{outcome.head, 0, outcome.head.size() - 2};  // without its empty line
  head += "Cache-Status: ";
  http::append(head, cache);
  head += "\r\n\r\n";
  const auto sent = co_await net::write_all(exchange_.stream(), head);
  if (sent != IoError::none || !origin) co_return Next::close;
  const auto idle = worker_.settings().config.timeouts.client_idle * 10;
  const auto answered = SteadyClock::now();
  const auto relayed =
      co_await relay(worker_.loop, exchange_.stream(), exchange_.inbox(), *origin->stream, origin->inbox, idle);
  sent_ = {101, relayed.to_client};
  exchange_.record({*job_->context, metrics::RequestResult::tunnel, sent_, cache, {}, outcome.tls, nullptr, answered});
  co_return Next::close;
}

/// What has to be decoded for this client; empty: nothing.
std::string Delivery::coding_to_undo(const fetch::FetchOutcome& outcome) const {
  http::ResponseHead head;
  if (!outcome.is_coded || !job_->negotiates() || !http::parse_stored_head(outcome.head, head) ||
      judge_coding(head, job_->context->head()) != Delivered::decoded)
    return {};
  return head.fields.joined(FieldId::content_encoding);
}

net::Task<Next> Delivery::send_answer(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome) {
  tls_ = outcome.tls;
  auto cache = outcome.cache_status;
  cache.key = outcome.cache_status.stored ? std::string_view{job_->context->key.key} : std::string_view{};
  cache.collapsed = !leads_;
  const auto undone = coding_to_undo(outcome);
  if (outcome.undecodable && !undone.empty()) {
    fetch::FetchOutcome failed;
    failed.error_status = 502;
    failed.error = job_->context->route.target.host + " sent an answer whose content coding is broken";
    failed.cache_status = outcome.cache_status;
    co_return co_await send_failure(failed);
  }
  auto& head = exchange_.sink().begin_head({});
  const bool is_of_one = leads_ || outcome.cache_status.stored;
  const auto others = is_of_one ? std::string{} : without_cookies(outcome.head);
  const auto& told = is_of_one ? outcome.head : others;
  if (undone.empty() && !outcome.locates) {
    head += told;
  } else if (undone.empty()) {
    append_led_back(head, job_->context->route, told);
  } else {
    append_led_back(head, job_->context->route, recode_head(told, content::Coding::identity).text);
  }
  auto follows = outcome.bodiless ? ReplySink::Body::none : ReplySink::Body::uncounted;
  if (outcome.length && undone.empty() && !outcome.bodiless) {
    follows = ReplySink::Body::counted;
    head += "Content-Length: ";
    text::append_number(head, static_cast<std::int64_t>(*outcome.length));
    head += "\r\n";
  }
  if (outcome.age >= 0) {
    head += "Age: ";
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(worker_.now() - outcome.answered).count();
    text::append_number(head, outcome.age + since);
    head += "\r\n";
  }
  const bool delimited = end_head(exchange_.sink(), head, cache, follows, connection(keep_alive()));
  const bool keep = keep_alive() && delimited;
  // What a trailer proves of a body in a coding it does not prove of another one.
  sends_trailers_ = undone.empty() && http::takes_trailers(job_->context->head().fields);
  sent_ = {outcome.status, 0};
  first_byte_ = SteadyClock::now();
  bool whole = true;
  if (outcome.bodiless) {
    take_saving(reader);
    record(result_of(outcome), cache);
    const auto next = co_await exchange_.flush();
    whole = next == Next::go_on;
  } else {
    BodyWriter body{exchange_, undone};
    whole = co_await send_body(reader, outcome, body, cache);
  }
  if (!whole) exchange_.sink().reset();
  co_return whole&& keep ? Next::go_on : Next::close;
}

/// What is there goes out together, head included; the client waits for nothing that has arrived. An answer is counted
/// before its last bytes go out: who has it whole finds it in the metrics.
net::Task<bool> Delivery::send_body(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome, BodyWriter& body,
                                    const http::CacheStatus& cache) {
  std::optional<ClientWatch> watch;
  if (outcome.live) watch.emplace(worker_.loop.deadlines(), exchange_.stream(), reader);
  for (;;) {
    fetch::Arrival arrival;
    const bool ready = body.pending() < kSendAtOnce && reader.poll(arrival);
    bool intact = true;
    if (ready && arrival.kind == fetch::Arrival::Kind::data) {
      if (!body.decodes()) {
        body.append(std::move(arrival.data));
        continue;
      }
      intact = co_await body.append_decoded(*arrival.data);
      if (intact) continue;
    }
    const bool ended = ready && intact && arrival.kind == fetch::Arrival::Kind::end &&
                       body.end(sends_trailers_ ? std::string_view{reader.trailers()} : std::string_view{});
    sent_.body_bytes = body.sent();
    if (ended) {
      take_saving(reader);
      // The head went before it was known whether all of it can be stored.
      auto known = cache;
      known.stored = cache.stored && reader.stored();
      record(result_of(outcome), known);
    }
    const auto flushed = co_await body.flush();
    if (ended) co_return flushed == Next::go_on;
    if (flushed == Next::close || ready) {
      record(metrics::RequestResult::error, cache, "broke off");
      co_return false;
    }
    co_await reader.wait_body();
  }
}

}  // namespace cachearr::client
