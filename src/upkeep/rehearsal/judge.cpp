#include "upkeep/rehearsal/judge.hpp"

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

/// The lifetime that follows from rule and status alone; what the origin's fields or the content add is not known.
void judge_lifetime(const rules::Rule* rule, const http::RequestHead& head, int status, Judgement& into) {
  http::ResponseHead answer;
  answer.status = status;
  caching::Policy policy;
  if (rule) policy = rule->policy;
  policy.partitioned = true;
  auto asked = head;
  asked.method = http::Method::get;
  const auto verdict = caching::may_store(asked, answer, policy, {});
  into.lifetime = verdict.storable() ? verdict.lifetime : Duration{0};
  into.stale = policy.stale_while_revalidate.value_or(Duration{0});
  const bool decides = rule && (policy.mode == caching::Mode::override_ || policy.mode == caching::Mode::floor);
  const bool by_content = rule && (!rule->ttl_from.empty() || rule->learn_min || rule->ttl_with_events);
  into.by_origin = into.cached && (!decides || by_content);
}

}  // namespace

std::optional<Judgement> judge(const pipeline::ConfigSnapshot& by, const PastRequest& request,
                               rules::Scratch& scratch) {
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
  judged.rule = verdict.rule ? verdict.rule->name : std::string{};
  judged.key = key.key;
  const bool apart = request.partition != 0 && !(route.upstream && route.upstream->share_all);
  judged.name = hash128(key.identity + (apart ? "\n" + std::to_string(request.partition) : std::string{}));
  const bool reads = head.method == http::Method::get || head.method == http::Method::head;
  judged.cached = reads && !(verdict.rule && verdict.rule->policy.mode == caching::Mode::never);
  judge_lifetime(verdict.rule, head, request.status, judged);
  return judged;
}

}  // namespace cachearr::upkeep
