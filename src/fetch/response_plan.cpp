#include "fetch/response_plan.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "caching/freshness.hpp"
#include "caching/partial.hpp"
#include "limit/ttl.hpp"
#include "rules/inspect.hpp"

namespace cachearr::fetch {

using http::FieldId;
using pipeline::Disposition;

namespace {

/// Refusals are short; what is longer is data, and is shown as it comes.
constexpr std::uint64_t kLongestRefusal = 16 * 1024;
/// Without a stored answer that could stand in, longer bodies than this are shown while they come.
constexpr std::uint64_t kBufferedAtMost = 256 * 1024;

bool is_data(std::string_view content_type) {
  const auto type = content_type.substr(0, content_type.find(';'));
  for (const std::string_view part : {"json", "xml", "nzb", "html"})
    if (text::icontains(type, part)) return true;
  return false;
}

/// The answer to a POST may be the representation that later GETs of its target get (RFC 9110 9.3.3): then it is stored
/// under their name. What a rule is about is never so.
bool answers_get(const ResponseFacts& facts, const caching::Policy& policy, caching::StoreVerdict& verdict) {
  const auto& route = facts.context.route;
  if (facts.context.verdict.rule ||
      !caching::answers_later_get(facts.request, route.target, route.host_field, facts.head))
    return false;
  http::RequestHead get = facts.request;
  get.method = http::Method::get;
  get.method_text = "GET";
  const auto as_get = caching::may_store(get, facts.head, policy, facts.timing);
  if (!as_get.storable() || as_get.source == caching::LifetimeSource::none ||
      as_get.source == caching::LifetimeSource::heuristic)
    return false;
  verdict = as_get;
  return true;
}

void plan_length(const ResponseFacts& facts, ResponsePlan& plan) {
  using Body = http::Framing::Body;
  const auto body = facts.framing.body;
  plan.bodiless = (body == Body::none && facts.request.method == http::Method::head) || facts.head.status == 204 ||
                  facts.head.status == 304;
  if (body == Body::length) plan.length = facts.framing.length;
  if (body == Body::none && !plan.bodiless) plan.length = 0;
}

/// The upstream says "no more" under this status, too.
bool has_words_for(const rules::Upstream& upstream, int status) {
  return std::any_of(upstream.limits.begin(), upstream.limits.end(),
                     [status](const content::LimitWords& words) { return !words.status || *words.status == status; });
}

/// What is looked for in the body of a response.
struct Interest {
  bool conditions = false;  // of its rule
  bool indexer = false;
  bool answer = false;   // whether it is one
  bool refusal = false;  // whether it is one
};

Interest interest_in(const ResponseFacts& facts) {
  const auto& [upstream, rule] = facts.context.verdict;
  const int status = facts.head.status;
  const bool data = is_data(facts.head.fields.value(FieldId::content_type));
  const bool expected = facts.context.verdict.expect() != content::Expect::any;
  Interest interest;
  interest.conditions = rule && rules::needs_body(*rule);
  interest.indexer = upstream && upstream->errors == rules::ErrorStyle::newznab;
  interest.answer = rule && (interest.conditions || data || expected);
  const bool words = upstream && has_words_for(*upstream, status);
  interest.refusal = upstream && (words || (data && interest.indexer) || ((data || expected) && status >= 400));
  return interest;
}

/// A part cannot be looked into, and one of what is too large will never be whole.
std::optional<http::ContentRange> part_to_store(const ResponseFacts& facts) {
  if (facts.head.status != 206) return std::nullopt;
  const auto interest = interest_in(facts);
  if (interest.answer || interest.refusal) return std::nullopt;
  const auto part = caching::storable_part(facts.request, facts.head, facts.framing);
  return part && part->size <= facts.max_object_bytes ? part : std::nullopt;
}

/// True where it is stored, as far as the head tells.
bool plan_storing(const ResponseFacts& facts, ResponsePlan& plan) {
  if (plan.live) {
    plan.verdict.reason = caching::Reason::no_lifetime;
    plan.detail = facts.context.detail;
    plan.mark_hit_for_miss =
        facts.request.method == http::Method::get && facts.context.disposition != Disposition::pass;
    return false;
  }
  const auto policy = policy_of(facts.context, facts.timing.request_time);
  const bool too_large = plan.length.value_or(0) > facts.max_object_bytes;
  plan.detail = facts.context.detail;
  plan.part = part_to_store(facts);
  const auto judge = plan.part ? caching::may_store_part : caching::may_store;
  plan.verdict = judge(facts.request, facts.head, policy, facts.timing);
  if (!too_large && answers_get(facts, policy, plan.verdict)) {
    plan.as_answer_to_get = true;
    plan.selecting = caching::selecting_fields(facts.head, policy);
    return true;
  }
  if (facts.request.method != http::Method::get || facts.context.disposition == Disposition::pass) return false;
  if (plan.verdict.storable() && too_large) plan.verdict.reason = caching::Reason::too_large;
  const bool error = is_server_error(facts.head.status);
  const auto reason = plan.verdict.reason;
  plan.shareable = plan.verdict.storable() || error;
  if (plan.verdict.storable()) {
    plan.selecting = caching::selecting_fields(facts.head, policy);
    return true;
  }
  if (plan.detail.empty()) plan.detail = caching::detail_of(reason);
  plan.mark_hit_for_miss = !error && reason != caching::Reason::status && reason != caching::Reason::partial;
  return false;
}

/// Which bodies are looked at as a whole before they are stored, and before anything of them is shown: what a rule has
/// conditions on or expects something of, data that may turn out to be none, and refusals, which are short.
void plan_body(const ResponseFacts& facts, bool stored, ResponsePlan& plan) {
  const auto interest = interest_in(facts);
  const bool by_rule = stored && facts.head.status == 200 && interest.answer;
  plan.bounds.store = facts.max_object_bytes;
  if (plan.bodiless || (!by_rule && !interest.refusal)) {
    plan.body = stored ? BodyMode::stream : BodyMode::pass;
    return;
  }
  plan.body = stored ? BodyMode::buffer_and_inspect : BodyMode::buffer;
  plan.bounds.buffer = kLongestRefusal;
  if (by_rule)
    plan.bounds.buffer =
        interest.conditions || facts.context.entry || interest.indexer ? facts.max_object_bytes : kBufferedAtMost;
}

/// A stream of events, of pictures or of records: it lives as long as both sides do. `is_bounded`: its length is known,
/// or a rule says for how long it is good.
bool is_live_stream(const http::ResponseHead& head, bool is_bounded, TimePoint response_time) {
  const auto value = head.fields.value(FieldId::content_type);
  const auto type = text::trim(value.substr(0, value.find(';')));
  const auto is = [type](std::string_view known) { return text::iequals(type, known); };
  if (is("text/event-stream") || is("multipart/x-mixed-replace")) return true;
  // Records as they happen, unless there is an end, a lifetime or a validator: then it is a file.
  constexpr std::array<std::string_view, 6> records{
      "application/x-ndjson",    "application/ndjson",      "application/jsonl",
      "application/x-jsonlines", "application/stream+json", "application/json-seq",
  };
  if (is_bounded || std::none_of(records.begin(), records.end(), is)) return false;
  const auto dates = caching::stated(head, response_time);
  const auto says = caching::response_directives(head.fields);
  return !dates.has_validator() && caching::explicit_lifetime(head, says, dates, response_time).length <= Duration{};
}

/// To answers of this status.
bool gives_lifetime(const rules::Rule& rule, int status) {
  const auto& single = rule.policy.ttl_status;
  return rule.policy.ttl || !rule.ttl_from.empty() ||
         std::any_of(single.begin(), single.end(), [status](const auto& each) { return each.status == status; });
}

}  // namespace

Duration ttl_in_force(const pipeline::RequestContext& context, Duration ttl) noexcept {
  const auto* const rule = context.verdict.rule;
  const bool shortened = rule && context.snapshot->shortened_ttls->has(rule->index);
  return shortened ? limit::halved_ttl(ttl) : ttl;
}

caching::Policy policy_of(const pipeline::RequestContext& context, TimePoint asked) {
  caching::Policy policy;
  const auto* const rule = context.verdict.rule;
  if (rule) policy = rule->policy;
  if (rule && rule->ttl_with_events && context.snapshot->feeds->of(*rule->upstream)->covers(asked))
    policy.ttl = rule->ttl_with_events;
  if (policy.ttl) policy.ttl = ttl_in_force(context, *policy.ttl);
  policy.personal = rule && context.key.is_personal;
  policy.partitioned = policy.partitioned || policy.personal;
  return policy;
}

ResponsePlan plan_response(const ResponseFacts& facts) {
  ResponsePlan plan;
  plan_length(facts, plan);
  const auto* const rule = facts.context.verdict.rule;
  const bool is_bounded = plan.length || (rule && gives_lifetime(*rule, facts.head.status));
  plan.live = !plan.bodiless && is_live_stream(facts.head, is_bounded, facts.timing.response_time);
  const bool stored = plan_storing(facts, plan);
  if (!stored) plan.part.reset();
  plan_body(facts, stored, plan);
  return plan;
}

}  // namespace cachearr::fetch
