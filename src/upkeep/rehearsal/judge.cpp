#include "upkeep/rehearsal/judge.hpp"

#include <algorithm>
#include <tuple>

#include "caching/storing.hpp"
#include "http/url.hpp"
#include "pipeline/route.hpp"
#include "rules/below_origin.hpp"
#include "rules/key.hpp"

namespace cachearr::upkeep {
namespace {

// Keys are only compared with each other, so that any secret does.
constexpr std::string_view kNoSecret = "rehearsal rehearsal";

http::RequestHead head_of(const PastRequest& request) {
  http::RequestHead head;
  head.method = http::method_of(request.method);
  head.method_text = request.method;
  head.target = request.url;
  const auto authority = http::split_url(request.url).authority;
  head.fields.add(http::FieldId::host, "Host", authority.value_or(""));
  return head;
}

/// By its URL, or, where that is an address of the origin's alone, to the upstream that it went to.
bool route_past(const pipeline::ConfigSnapshot& by, const PastRequest& request, pipeline::Route& into) {
  const bool routed = pipeline::route_url(by, request.url, into).ok();
  if (request.upstream.empty() || (routed && into.upstream)) return routed;
  const auto* const named = by.rules->upstream_named(request.upstream);
  if (!named) return routed;
  const auto tail = http::split_url(request.url).tail;
  return pipeline::route_to(*named, rules::below_origin(*named, tail), into).ok();
}

/// An error tells nothing of the answer that is stored, nor the other way round.
const StoredAnswer* stored_for(const PastRequest& request) {
  const auto* const stored = request.stored.get();
  const bool same = stored && (request.status == stored->status || request.status == 304 || request.status == 206);
  return same ? stored : nullptr;
}

/// The lifetime follows from the body, or from what came before.
bool is_by_content(const rules::Rule* rule) {
  return rule && (!rule->ttl_from.empty() || rule->learn_min || rule->ttl_with_events);
}

bool decides(const rules::Rule* rule) {
  const bool by_rule =
      rule && (rule->policy.mode == caching::Mode::override_ || rule->policy.mode == caching::Mode::floor);
  return by_rule && !is_by_content(rule);
}

Duration fresh_for(const caching::StoreVerdict& verdict) {
  if (!verdict.storable() || (verdict.meta.flags & caching::kNoCache) != 0) return Duration{0};
  return std::max(Duration{0}, Duration{verdict.meta.fresh_until_ms - verdict.meta.stored_ms});
}

Duration stale_for(const caching::StoreVerdict& verdict) {
  const bool forbidden = (verdict.meta.flags & (caching::kNoCache | caching::kMustRevalidate)) != 0;
  return std::chrono::seconds{verdict.storable() && !forbidden ? verdict.meta.swr_seconds : 0};
}

caching::Policy policy_of(const Judgement& judged) {
  caching::Policy policy;
  if (judged.decided_by) policy = judged.decided_by->policy;
  policy.personal = judged.decided_by && judged.apart;
  policy.partitioned = true;
  return policy;
}

/// By rule and stored head.
void judge_stored(const http::RequestHead& asked, const StoredAnswer& stored, Judgement& into) {
  using Source = caching::LifetimeSource;
  const auto verdict = caching::may_store(asked, stored.head->head, policy_of(into),
                                          {.request_time = stored.at, .response_time = stored.at});
  into.by_origin = verdict.source != Source::rule && verdict.source != Source::rule_status;
  into.lifetime = fresh_for(verdict);
  into.stale = stale_for(verdict);
}

/// By rule and status alone.
void judge_unseen(const http::RequestHead& asked, int status, Judgement& into) {
  http::ResponseHead answer;
  answer.status = status;
  const auto policy = policy_of(into);
  into.by_origin = !decides(into.decided_by);
  if (!into.by_origin) into.lifetime = fresh_for(caching::may_store(asked, answer, policy, {}));
  into.stale = policy.stale_while_revalidate.value_or(Duration{0});
}

void judge_lifetime(const PastRequest& request, http::RequestHead asked, Judgement& into) {
  asked.method = http::Method::get;
  const auto* const stored = stored_for(request);
  if (stored && stored->head && !is_by_content(into.decided_by)) {
    judge_stored(asked, *stored, into);
  } else {
    const bool is_of_whole = request.status != 304 && request.status != 206;
    judge_unseen(asked, is_of_whole ? request.status : stored ? stored->status : 200, into);
  }
}

Sharing sharing_of(const rules::Verdict& verdict) {
  if (!verdict.upstream) return Sharing::none;
  if (verdict.upstream->share_all) return Sharing::all;
  return verdict.upstream->share_named && verdict.rule ? Sharing::named : Sharing::none;
}

/// Of credentials outside the URL it is known that there are some. Named ones are shared; those that kept answers apart
/// all the same are others.
bool is_apart(const PastRequest& request, bool by_url, Sharing sharing, Sharing recorded_by) {
  if (by_url) return true;
  if (sharing == Sharing::none) return request.has_credentials;
  return sharing == Sharing::named && recorded_by == Sharing::named && request.partition != 0;
}

/// All that gives a rule's answers their lifetimes.
auto lifetimes_of(const rules::Rule& rule) {
  const auto& policy = rule.policy;
  return std::tie(policy.mode, policy.ttl, policy.ttl_status, rule.ttl_from, rule.learn_min, rule.learn_max,
                  rule.ttl_with_events);
}

bool gives_same_lifetimes(const rules::Rule* a, const rules::Rule* b) {
  return a == b || (a && b && lifetimes_of(*a) == lifetimes_of(*b));
}

}  // namespace

std::optional<Judgement> judge(const pipeline::ConfigSnapshot& by, const PastRequest& request, rules::Scratch& scratch,
                               std::optional<Sharing> recorded_by) {
  const auto head = head_of(request);
  pipeline::Route route;
  if (!route_past(by, request, route)) return std::nullopt;
  rules::Verdict verdict{route.upstream, nullptr};
  rules::Captures captures;
  if (route.upstream)
    verdict.rule = by.rules->match(*route.upstream, head, route.target.path, route.target.query, scratch, captures);
  rules::KeyParts key;
  rules::build_key(verdict, head, route.target, captures, kNoSecret, scratch, key);
  Judgement judged;
  judged.decided_by = verdict.rule;
  judged.rule = verdict.rule ? verdict.rule->name : std::string{};
  judged.key = key.key;
  judged.sharing = sharing_of(verdict);
  judged.apart = is_apart(request, key.is_personal, judged.sharing, recorded_by.value_or(judged.sharing));
  judged.name = hash128(key.identity + (judged.apart ? "\n" + std::to_string(request.partition) : std::string{}));
  const bool reads = head.method == http::Method::get || head.method == http::Method::head;
  judged.cached = reads && !(verdict.rule && verdict.rule->policy.mode == caching::Mode::never);
  if (judged.cached) judge_lifetime(request, head, judged);
  return judged;
}

void take_stored_lifetime(const PastRequest& request, Judgement& in_force, Judgement& draft) {
  const auto* const stored = stored_for(request);
  if (in_force.cached && !in_force.lifetime && stored) in_force.lifetime = stored->lifetime;
  if (!draft.lifetime && gives_same_lifetimes(in_force.decided_by, draft.decided_by))
    draft.lifetime = in_force.lifetime;
}

}  // namespace cachearr::upkeep
