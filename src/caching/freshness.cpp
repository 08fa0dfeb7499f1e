#include "caching/freshness.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/text.hpp"
#include "http/date.hpp"

namespace cachearr::caching {

namespace {

using http::FieldId;
using std::chrono::seconds;

constexpr Duration kHeuristicLimit = std::chrono::hours{24};

/// Of a list the first member counts, and a value that is no number is ignored (RFC 9111 5.1).
Duration age_value(const http::ResponseHead& response) {
  if (!response.fields.has(FieldId::age)) return Duration{0};
  const auto line = response.fields.value(FieldId::age);
  const auto age = http::parse_delta_seconds(text::trim(line.substr(0, line.find(','))));
  return Duration{seconds{age.value_or(0)}};
}

/// Of several Expires the earliest counts; one that is no date means "already expired" (RFC 9111 5.3).
std::optional<TimePoint> expires(const http::ResponseHead& response, TimePoint response_time) {
  std::optional<TimePoint> earliest;
  for (const auto& field : response.fields) {
    if (field.id != FieldId::expires) continue;
    const auto at = http::parse_date(field.value, response_time).value_or(TimePoint{});
    earliest = earliest ? std::min(*earliest, at) : at;
  }
  return earliest;
}

Duration whole_seconds(Duration duration) { return std::chrono::floor<seconds>(duration); }

}  // namespace

Stated stated(const http::ResponseHead& response, TimePoint response_time) {
  const auto read = [&](FieldId id) -> std::optional<TimePoint> {
    if (!response.fields.has(id)) return std::nullopt;
    return http::parse_date(response.fields.value(id), response_time);
  };
  Stated dates;
  dates.date = read(FieldId::date);
  dates.last_modified = read(FieldId::last_modified);
  dates.has_etag = !response.fields.value(FieldId::etag).empty();
  return dates;
}

Duration initial_age(const http::ResponseHead& response, const Stated& dates, const Timing& timing) {
  // Date has whole seconds, so the age it shows is rounded down; else each answer would lose up to a second of its
  // life.
  const auto arrived = timing.response_time - timing.ahead;
  const auto apparent = whole_seconds(arrived - dates.date.value_or(arrived));
  const auto delay = std::max(Duration{0}, timing.response_time - timing.request_time);
  return std::max({Duration{0}, apparent, age_value(response) + whole_seconds(delay)});
}

Lifetime explicit_lifetime(const http::ResponseHead& response, const ResponseDirectives& directives,
                           const Stated& dates, TimePoint response_time) {
  const auto named = [&](LifetimeSource source) {
    if (directives.targeted) return LifetimeSource::cdn_cache_control;
    return directives.surrogate ? LifetimeSource::surrogate_control : source;
  };
  if (directives.s_maxage) return {seconds{*directives.s_maxage}, named(LifetimeSource::s_maxage)};
  if (directives.max_age) return {seconds{*directives.max_age}, named(LifetimeSource::max_age)};
  if (directives.targeted) return {};
  const auto at = expires(response, response_time);
  if (!at) return {};
  return {std::max(Duration{0}, *at - dates.date.value_or(response_time)), LifetimeSource::expires};
}

Lifetime heuristic_lifetime(const Stated& dates, TimePoint response_time) {
  if (!dates.last_modified) return {};
  const auto unchanged = dates.date.value_or(response_time) - *dates.last_modified;
  if (unchanged <= Duration{0}) return {};
  return {std::min(Duration{unchanged / 10}, kHeuristicLimit), LifetimeSource::heuristic};
}

bool heuristically_cacheable(int status) noexcept {
  static constexpr int statuses[] = {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501};
  return std::find(std::begin(statuses), std::end(statuses), status) != std::end(statuses);
}

bool understood(int status) noexcept {
  const auto within = [status](int first, int last) { return first <= status && status <= last; };
  return within(200, 206) || within(300, 305) || within(307, 308) || within(400, 417) || within(421, 422) ||
         status == 426 || within(500, 505);
}

}  // namespace cachearr::caching
