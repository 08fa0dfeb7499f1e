#include "caching/storing.hpp"

namespace cachearr::caching {

std::string_view name_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::storable: return "storable";
    case Reason::method: return "method";
    case Reason::no_store: return "no-store";
    case Reason::is_private: return "private";
    case Reason::authorization: return "authorization";
    case Reason::rule_never: return "rule-never";
    case Reason::vary_star: return "vary-star";
    case Reason::set_cookie: return "set-cookie";
    case Reason::status: return "status";
    case Reason::partial: return "partial";
    case Reason::no_lifetime: return "no-lifetime";
    case Reason::too_large: return "too-large";
    case Reason::refused: return "refused";
    case Reason::truncated: return "truncated";
    case Reason::request_no_store: return "request-no-store";
  }
  return "unknown";
}

std::string_view detail_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::storable:
    case Reason::status:
    case Reason::partial:
    case Reason::no_lifetime:
    case Reason::truncated: return {};
    case Reason::request_no_store: return name_of(Reason::no_store);
    default: return name_of(reason);
  }
}

std::string_view name_of(LifetimeSource source) noexcept {
  switch (source) {
    case LifetimeSource::none: return "none";
    case LifetimeSource::rule: return "rule";
    case LifetimeSource::rule_status: return "rule-status";
    case LifetimeSource::rule_body: return "rule-body";
    case LifetimeSource::s_maxage: return "s-maxage";
    case LifetimeSource::max_age: return "max-age";
    case LifetimeSource::expires: return "expires";
    case LifetimeSource::heuristic: return "heuristic";
    case LifetimeSource::cdn_cache_control: return "cdn-cache-control";
    case LifetimeSource::surrogate_control: return "surrogate-control";
  }
  return "unknown";
}

}  // namespace cachearr::caching
