#include "caching/storing.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.hpp"
#include "caching/edge_cookies.hpp"
#include "caching/freshness.hpp"
#include "caching/vary.hpp"
#include "http/url.hpp"

namespace cachearr::caching {

namespace {

using http::FieldId;
using http::Method;

/// Everything a decision looks at, read once.
struct Case {
  const http::RequestHead& request;
  const http::ResponseHead& response;
  const http::ResponseHead& aged;  // the message whose Age counts
  const Policy& policy;
  const Timing& timing;
  ResponseDirectives says;
  Stated dates;

  std::int64_t received_ms() const noexcept { return timing.response_time.time_since_epoch().count(); }
};

/// Such an answer is about the fields, the body or the moment of one request, most of which no key holds: it is never
/// stored, whatever its own fields say.
bool is_about_the_request(int status) noexcept {
  static constexpr std::array statuses{400, 408, 411, 412, 413, 414, 415, 416, 417, 421, 425, 426, 428, 429, 431, 511};
  return std::binary_search(statuses.begin(), statuses.end(), status);
}

/// What of the policy is in force for this status.
struct RuleShare {
  std::optional<Duration> ttl;
  LifetimeSource source = LifetimeSource::rule;
  bool refused = false;    // under a rule such an answer is never stored
  bool overrides = false;  // Cache-Control has no say but for no-store and private
};

bool takes_rule_ttl(int status) noexcept {
  static constexpr std::array statuses{200, 203, 204, 300, 301, 308};
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

/// Errors that say more about the moment or the credential than about the resource.
bool refused_under_rule(int status) noexcept {
  return status == 401 || status == 403 || status == 404 || status >= 500 || is_about_the_request(status);
}

RuleShare rule_share(const Policy& policy, int status) {
  if (!policy.from_rule) return {std::nullopt, LifetimeSource::none, is_about_the_request(status), false};
  const auto listed = std::find_if(policy.ttl_status.begin(), policy.ttl_status.end(),
                                   [status](const StatusTtl& entry) { return entry.status == status; });
  RuleShare share;
  if (listed != policy.ttl_status.end()) {
    share.ttl = listed->ttl;
    share.source = LifetimeSource::rule_status;
    share.refused = status >= 400 && listed->ttl <= Duration{0};
  } else if (takes_rule_ttl(status)) {
    share.ttl = policy.ttl;
  } else {
    share.refused = refused_under_rule(status);
  }
  share.overrides = policy.mode == Mode::override_ && share.ttl.has_value();
  return share;
}

bool authorization_forbids(const Case& c) {
  if (!c.request.fields.has(FieldId::authorization) || c.policy.partitioned || c.policy.shared) return false;
  return !c.says.is_public && !c.says.s_maxage && !c.says.must_revalidate;
}

bool is_private(const Case& c, const RuleShare& rule) {
  if (!c.says.is_private && c.says.private_fields.empty()) return false;
  return !rule.overrides || c.policy.shared;
}

/// must-understand lets a cache that knows the status pass over no-store (RFC 9111 5.2.2.3).
bool forbids_storing(const ResponseDirectives& says, int status) {
  return says.must_understand ? !understood(status) : says.no_store;
}

/// A rule would store what sets cookies for everybody.
bool shares_cookies(const Case& c, const RuleShare& rule) {
  return rule.overrides && !c.policy.personal && c.response.fields.has(FieldId::set_cookie);
}

/// Where the origin decides, cookies are stored as well (RFC 9111 7.3), but nobody is given another's session.
bool shares_session(const Case& c, const RuleShare& rule) {
  return !rule.overrides && !c.policy.personal && begins_session(c.response.fields);
}

Reason reason_not_to(const Case& c, const RuleShare& rule) {
  const int status = c.response.status;
  if (c.policy.from_rule && c.policy.mode == Mode::never) return Reason::rule_never;
  if (request_directives(c.request.fields).no_store) return Reason::request_no_store;
  if (status == 206) return Reason::partial;
  // 406 is about what one client accepts.
  if (status < 200 || status > 999 || status == 304 || status == 406 || rule.refused) return Reason::status;
  // The *arr applications put no-store on every answer of their own API, so a rule may pass over it, but only in words.
  const bool passed_over = rule.overrides && c.policy.ignores_no_store && !c.policy.shared;
  if (forbids_storing(c.says, status) && !passed_over) return Reason::no_store;
  if (is_private(c, rule)) return Reason::is_private;
  if (authorization_forbids(c)) return Reason::authorization;
  if (selecting_fields(c.response, c.policy).star) return Reason::vary_star;
  if (shares_cookies(c, rule) && !has_only_edge_cookies(c.response.fields)) return Reason::set_cookie;
  if (shares_session(c, rule)) return Reason::set_cookie;
  return Reason::storable;
}

/// The origin's lifetime; a heuristic one where it says nothing and the status permits.
Lifetime origin_lifetime(const Case& c) {
  const auto stated_one = explicit_lifetime(c.response, c.says, c.dates, c.timing.response_time);
  if (stated_one.source != LifetimeSource::none) return stated_one;
  const bool may_guess = heuristically_cacheable(c.response.status) || c.says.is_public;
  if (!may_guess || c.says.no_cache || pragma_no_cache(c.response.fields)) return {};
  return heuristic_lifetime(c.dates, c.timing.response_time);
}

bool is_explicit(LifetimeSource source) noexcept {
  return source != LifetimeSource::none && source != LifetimeSource::heuristic;
}

/// A lifetime and the moment it ends. The origin's counts from the answer's birth, the rule's from its arrival, so that
/// the Age which a CDN adds cannot use up a rule's TTL.
struct Freshness {
  Lifetime lifetime;
  std::int64_t until_ms = 0;
};

Freshness freshness_of(const Case& c, const RuleShare& rule, std::int64_t born_ms) {
  const auto origin = origin_lifetime(c);
  const Freshness by_origin{origin, born_ms + origin.length.count()};
  if (!rule.ttl) return by_origin;
  const Freshness by_rule{{*rule.ttl, rule.source}, c.received_ms() + rule.ttl->count()};
  const bool origin_speaks = is_explicit(origin.source) || c.says.no_cache;
  switch (c.policy.mode) {
    case Mode::override_: return by_rule;
    case Mode::floor: return by_origin.until_ms > by_rule.until_ms ? by_origin : by_rule;
    case Mode::ceiling: return origin_speaks && by_origin.until_ms < by_rule.until_ms ? by_origin : by_rule;
    case Mode::respect:
    case Mode::never: break;
  }
  // A TTL for one status is said of errors the origin's headers rarely mean: it goes before them.
  return origin_speaks && rule.source != LifetimeSource::rule_status ? by_origin : by_rule;
}

std::uint32_t window(const std::optional<Duration>& policy, const Seconds& origin) noexcept {
  if (!policy) return origin.value_or(0);
  const auto whole = std::chrono::ceil<std::chrono::seconds>(*policy).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole, 0, 1LL << 31));
}

/// An error is never served beyond its time: nobody wants yesterday's 404.
void set_windows(EntryMeta& meta, const Case& c) noexcept {
  if (c.response.status >= 400) return;
  meta.swr_seconds = window(c.policy.stale_while_revalidate, c.says.stale_while_revalidate);
  meta.sie_seconds = window(c.policy.stale_if_error, c.says.stale_if_error);
  meta.limited_seconds = window(c.policy.stale_if_limited, {});
  const bool said = c.policy.stale_if_error || c.says.stale_if_error;
  if (said && meta.sie_seconds == 0) meta.flags |= kNoStandIn;
}

bool is_text(const http::ResponseHead& response) {
  if (response.fields.has(FieldId::content_encoding)) return false;
  const auto value = response.fields.value(FieldId::content_type);
  const auto type = text::to_lower(text::trim(value.substr(0, value.find(';'))));
  return type.starts_with("text/") || type.ends_with("/json") || type.ends_with("+json") || type.ends_with("/xml") ||
         type.ends_with("+xml") || type.ends_with("/javascript");
}

unsigned coding_flag(const http::FieldList& fields) {
  if (!fields.has(FieldId::content_encoding)) return kUncoded;
  return text::iequals(fields.joined(FieldId::content_encoding), "gzip") ? kGzip : 0;
}

std::uint16_t flags_of(const Case& c, const RuleShare& rule, LifetimeSource source) {
  unsigned flags = 0;
  const auto& says = c.says;
  if (!rule.overrides) {
    // A cache may strip the fields that a qualified no-cache names; validating the whole answer is always right.
    if (says.no_cache || !says.no_cache_fields.empty()) flags |= kNoCache;
    if (says.must_revalidate || says.proxy_revalidate || says.s_maxage) flags |= kMustRevalidate;
  }
  if (says.immutable) flags |= kImmutable;
  if (source == LifetimeSource::heuristic) flags |= kHeuristic;
  if (c.response.status >= 400) flags |= kNegative;
  if (c.policy.from_rule) flags |= kFromRule;
  if (is_text(c.response)) flags |= kText;
  flags |= coding_flag(c.response.fields);
  if (c.response.fields.has(FieldId::location) || c.response.fields.has(FieldId::content_location)) flags |= kLocates;
  return static_cast<std::uint16_t>(flags);
}

/// RFC 9111 3: the origin must have said something of storing it, or its status implies it.
bool storing_is_implied(const Case& c, LifetimeSource source) {
  return is_explicit(source) || c.says.is_public || heuristically_cacheable(c.response.status);
}

bool is_useless(const Case& c, const StoreVerdict& verdict) {
  if (c.dates.has_validator()) return false;
  const auto& meta = verdict.meta;
  const bool stale_is_usable =
      (meta.flags & kMustRevalidate) == 0 && (meta.swr_seconds | meta.sie_seconds | meta.limited_seconds) != 0;
  return (meta.flags & kNoCache) != 0 || (verdict.lifetime <= Duration{0} && !stale_is_usable);
}

std::int64_t milliseconds(const std::optional<TimePoint>& at) noexcept {
  return at ? at->time_since_epoch().count() : -1;
}

StoreVerdict decide(const Case& c) {
  StoreVerdict verdict;
  const auto rule = rule_share(c.policy, c.response.status);
  verdict.reason = reason_not_to(c, rule);
  if (verdict.reason != Reason::storable) return verdict;
  // An edge gives each client its own.
  verdict.drop_cookies =
      !c.policy.personal && c.response.fields.has(FieldId::set_cookie) && has_only_edge_cookies(c.response.fields);
  auto& meta = verdict.meta;
  meta.stored_ms = c.received_ms();
  meta.born_ms = meta.stored_ms - initial_age(c.aged, c.dates, c.timing).count();
  const auto freshness = freshness_of(c, rule, meta.born_ms);
  meta.fresh_until_ms = freshness.until_ms;
  verdict.lifetime = freshness.lifetime.length;
  verdict.source = freshness.lifetime.source;
  meta.status = static_cast<std::uint16_t>(c.response.status);
  // Who says no Date is taken to have answered when it was received (RFC 9110 6.6.1), in whole seconds as a Date is.
  meta.date_ms = milliseconds(c.dates.date.value_or(std::chrono::floor<std::chrono::seconds>(c.timing.response_time)));
  meta.last_modified_ms = milliseconds(c.dates.last_modified);
  meta.flags = flags_of(c, rule, verdict.source);
  set_windows(meta, c);
  if (!storing_is_implied(c, verdict.source))
    verdict.reason = Reason::status;
  else if (is_useless(c, verdict))
    verdict.reason = Reason::no_lifetime;
  return verdict;
}

}  // namespace

StoreVerdict may_store(const http::RequestHead& request, const http::ResponseHead& response, const Policy& policy,
                       const Timing& timing) {
  if (request.method != Method::get) {
    StoreVerdict verdict;
    verdict.reason = Reason::method;
    return verdict;
  }
  return decide({request, response, response, policy, timing, response_directives(response.fields),
                 stated(response, timing.response_time)});
}

StoreVerdict may_freshen(const http::RequestHead& request, const http::ResponseHead& merged,
                         const http::ResponseHead& update, const Policy& policy, const Timing& timing) {
  auto verdict = decide({request, merged, update, policy, timing, response_directives(merged.fields),
                         stated(merged, timing.response_time)});
  // The Vary of a confirmation may have taken the place of one that said more.
  if (!http::varies_by_coding(merged.fields))
    verdict.meta.flags = static_cast<std::uint16_t>(verdict.meta.flags & ~kGzip);
  return verdict;
}

std::int64_t age_of(const http::ResponseHead& response, const Timing& timing) {
  return initial_age(response, stated(response, timing.response_time), timing) / std::chrono::seconds{1};
}

bool answers_later_get(const http::RequestHead& post, const http::Target& target, std::string_view host,
                       const http::ResponseHead& response) {
  if (post.method != Method::post || response.status < 200 || response.status > 299) return false;
  if (response.fields.count(FieldId::content_location) != 1) return false;
  const auto named = http::split_url(response.fields.value(FieldId::content_location));
  if (!named.scheme.empty() && !text::iequals(named.scheme, target.scheme)) return false;
  if (named.authority && !text::iequals(*named.authority, host) &&
      !text::iequals(*named.authority, http::authority_of(target.scheme, target.host, target.port)))
    return false;
  return named.path == target.path && !named.fragment && named.query.has_value() == target.has_query &&
         named.query.value_or(std::string_view{}) == target.query;
}

}  // namespace cachearr::caching
