#include "fetch/errand.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "fetch/admission_permit.hpp"
#include "fetch/disk_look_up.hpp"
#include "fetch/fetch_table.hpp"
#include "net/head_parser.hpp"
#include "pipeline/classify.hpp"
#include "rules/query.hpp"

namespace cachearr::fetch {

using http::FieldId;
using Ends = ErrandResult::Kind;

namespace {

constexpr std::size_t kLargestHead = 64 * 1024;
constexpr std::size_t kLargestBody = std::size_t{64} * 1024 * 1024;
constexpr Duration kSoon{100};

struct Errand {
  ErrandWish wish;
  ErrandDone done;
  pipeline::RequestContext asked = {};  // what the answer is judged by
  void end(Ends kind, std::string why = {}, TimePoint at = {}) const { done({kind, at, std::move(why), {}, {}}); }
};
using ErrandPtr = std::shared_ptr<Errand>;

/// Fills in request and route. False, with the reason in `why`: there is no way there.
bool find_way(const ErrandWish& wish, pipeline::RequestContext& context, std::string& why) {
  if (wish.again) {
    context.request = wish.again->request;
    context.route = wish.again->route;
    const bool known = pipeline::route_again(*wish.snapshot, wish.again->upstream, context.route);
    if (!known) why = "the rules have changed where " + wish.again->upstream + " is";
    return known;
  }
  const auto bytes = "GET " + wish.target + " HTTP/1.1\r\nHost: localhost\r\n" + wish.fields + "\r\n";
  const auto parsed = net::parse_request_head(bytes, kLargestHead, context.request.head);
  if (parsed.kind != net::HeadParse::Kind::complete) return why = "it is no request that could be sent", false;
  context.request.own(bytes);
  const auto* const upstream = wish.snapshot->rules->upstream_named(wish.upstream);
  const auto routed = wish.upstream.empty() ? pipeline::route_url(*wish.snapshot, wish.target, context.route)
                      : upstream            ? pipeline::route_to(*upstream, wish.target, context.route)
                                            : pipeline::Refusal{404, "no rule names the upstream " + wish.upstream};
  if (!routed) why = routed.error().detail;
  return routed.ok();
}

bool is_wanted_key(const ErrandWish& wish, std::string_view key) noexcept {
  return wish.patterns.empty() || std::any_of(wish.patterns.begin(), wish.patterns.end(),
                                              [key](const auto& pattern) { return text::glob_match(pattern, key); });
}

/// Ends the errand where nothing has to be looked up.
bool decide(FetchContext& worker, const Errand& errand, pipeline::RequestContext& context) {
  std::string why;
  context.now = worker.now();
  if (!find_way(errand.wish, context, why)) return errand.end(Ends::left_out, why), false;
  pipeline::classify_routed(worker, context);
  using pipeline::Disposition;
  if (pipeline::may_not_ask(context)) pipeline::refuse_to_ask(context);
  if (context.disposition == Disposition::refuse) return errand.end(Ends::left_out, context.refusal.detail), false;
  if (context.disposition == Disposition::pass) return errand.end(Ends::left_out, "its answer is never stored"), false;
  if (!context.verdict.upstream) return errand.end(Ends::left_out, "no rule names its host"), false;
  if (!errand.wish.wants_body && !is_wanted_key(errand.wish, context.key.key))
    return errand.end(Ends::left_out, "no pattern names its key"), false;
  return true;
}

void end_fresh(const Errand& errand, const store::EntryPtr& entry) {
  ErrandResult result;
  result.kind = Ends::fresh;
  http::ResponseHead head;
  if (errand.wish.wants_body && http::parse_stored_head(entry->head(), head)) {
    result.body = entry->body();
    result.coding = head.fields.joined(FieldId::content_encoding);
  }
  errand.done(std::move(result));
}

/// When one more request could go behind all that clients want; none: at once.
std::optional<TimePoint> held_back_until(FetchContext& worker, const pipeline::RequestContext& context) {
  if (!worker.admission) return std::nullopt;
  const auto now = worker.now();
  const auto name = limiter_key_of(context);
  const auto limiter = worker.admission->registry().limiter(name.upstream, name.credential, now);
  const bool grab = context.verdict.counts_as_grab();
  const auto availability = limiter->earliest(now, limit::Priority::background, grab);
  if (availability.why == limit::Why::nothing) return std::nullopt;
  return std::max(availability.at, now + kSoon);
}

/// Ends the errand where what is stored is good, or where the upstream must not be asked now.
bool is_to_ask(FetchContext& worker, const Errand& errand, const pipeline::RequestContext& context) {
  if (context.disposition == pipeline::Disposition::hit && !errand.wish.anew)
    return end_fresh(errand, context.entry), false;
  if (context.snapshot->modes->of(context.verdict.upstream) == rules::UpstreamMode::offline)
    return errand.end(Ends::left_out, context.verdict.upstream->name + " is offline or paused"), false;
  if (const auto at = held_back_until(worker, context)) return errand.end(Ends::later, {}, *at), false;
  return true;
}

bool is_limit(const FetchOutcome& outcome) noexcept {
  using metrics::StaleReason;
  if (outcome.kind == FetchOutcome::Kind::failed)
    return outcome.error_status == 429 || outcome.error_fields.starts_with("Retry-After");
  if (outcome.stale) return *outcome.stale == StaleReason::limited || *outcome.stale == StaleReason::cooldown;
  return outcome.status == 429 || outcome.is_limit;
}

/// Of a fetch whose outcome and body are here.
ErrandResult result_of(FetchContext& worker, const pipeline::RequestContext& asked, const FetchOutcome& outcome) {
  const auto& who = asked.route.target.host;
  if (is_limit(outcome)) {
    const auto at = held_back_until(worker, asked).value_or(worker.now() + kSoon);
    return {Ends::later, at, who + " takes no more for now", {}, {}};
  }
  if (outcome.kind == FetchOutcome::Kind::failed) return {Ends::failed, {}, outcome.error, {}, {}};
  if (outcome.stale) return {Ends::failed, {}, who + " has no answer now", {}, {}};
  if (outcome.kind == FetchOutcome::Kind::entry) return {Ends::fetched, {}, {}, {}, {}};
  if (outcome.status >= 400) return {Ends::failed, {}, who + " answered " + std::to_string(outcome.status), {}, {}};
  if (outcome.refused) return {Ends::failed, {}, who + " sent something else than its rule expects", {}, {}};
  return {Ends::fetched, {}, {}, {}, {}};
}

std::string coding_of(std::string_view head_bytes) {
  http::ResponseHead head;
  return http::parse_stored_head(head_bytes, head) ? head.fields.joined(FieldId::content_encoding) : std::string{};
}

/// The context goes to the fetch; of it remains what the answer is judged by.
void begin(FetchContext& worker, Errand& errand, pipeline::RequestContext& context, FetchTable::Joined& joined) {
  auto& asked = errand.asked;
  asked.snapshot = context.snapshot;
  asked.route = context.route;
  asked.verdict = context.verdict;
  asked.captures = context.captures;
  asked.key = context.key;
  const auto purpose = errand.wish.anew ? Purpose::refresh_ahead : Purpose::warm_up;
  if (joined.is_new) begin_in_background(worker, std::move(context), joined.shared_fetch, purpose);
}

net::Task<bool> read_body(FetchReader& reader, std::string* into) {
  for (;;) {
    Arrival piece;
    while (!reader.poll(piece)) co_await reader.wait_body();
    if (piece.kind != Arrival::Kind::data) co_return piece.kind == Arrival::Kind::end;
    if (into && into->size() + piece.data->size() <= kLargestBody) *into += *piece.data;
  }
}

net::Task<> run_errand(FetchContext& worker, ErrandPtr errand) {
  auto context = worker.contexts.take(errand->wish.snapshot);
  if (!decide(worker, *errand, *context)) co_return;
  co_await look_on_disk(worker, *context);
  if (!is_to_ask(worker, *errand, *context)) co_return;
  auto joined = worker.fetch_table.join(context->variant.id, context->variant.identity,
                                        worker.shared.store.generation(), worker.loop);
  FetchReader reader{joined.shared_fetch, worker.loop};
  begin(worker, *errand, *context, joined);
  auto arrival = co_await reader.wait_outcome();
  while (arrival.kind == Arrival::Kind::interim) arrival = co_await reader.wait_outcome();
  const auto& outcome = reader.outcome();
  auto result = result_of(worker, errand->asked, outcome);
  const bool wants_body = errand->wish.wants_body && result.kind == Ends::fetched;
  if (outcome.kind == FetchOutcome::Kind::entry && wants_body) {
    result.body = outcome.entry->body();
    result.coding = coding_of(outcome.entry->head());
  } else if (outcome.kind == FetchOutcome::Kind::answer && !outcome.bodiless) {
    const bool whole = co_await read_body(reader, wants_body ? &result.body : nullptr);
    if (!whole && result.kind == Ends::fetched) result = {Ends::failed, {}, "the answer broke off", {}, {}};
    if (wants_body) result.coding = coding_of(outcome.head);
  }
  errand->done(std::move(result));
}

}  // namespace

void send_errand(FetchContext& worker, ErrandWish wish, ErrandDone done) {
  auto errand = std::make_shared<Errand>(Errand{std::move(wish), std::move(done)});
  worker.loop.post([&worker, errand = std::move(errand)] { worker.loop.spawn(run_errand(worker, errand), "errand"); });
}

Credentials credentials_of(const RememberedRequest& request, const rules::Upstream& upstream) {
  Credentials found;
  for (const auto& field : request.request.head.fields)
    if (rules::names_field(&upstream, field.name)) http::append_field(found.fields, field.name, field.value);
  rules::for_each_parameter(request.route.target.query, [&](const rules::Parameter& parameter) {
    const auto& names = upstream.credential_query;
    const bool named =
        std::any_of(names.begin(), names.end(), [&](const auto& name) { return text::iequals(name, parameter.name); });
    if (named)
      found.query.append(found.query.empty() ? "" : "&").append(parameter.name).append("=").append(parameter.value);
    return false;
  });
  return found;
}

Credentials credentials_of_key(const std::string& key, const rules::Upstream& upstream) {
  Credentials ours;
  if (rules::names_field(&upstream, "x-api-key")) {
    http::append_field(ours.fields, "X-Api-Key", key);
  } else if (!upstream.credential_query.empty()) {
    ours.query = upstream.credential_query.front() + "=" + text::percent_encode(key);
  } else {
    http::append_field(ours.fields, "Authorization", "Bearer " + key);
  }
  return ours;
}

}  // namespace cachearr::fetch
