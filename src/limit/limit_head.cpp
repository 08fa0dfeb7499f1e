#include "limit/limit_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/dates.hpp"
#include "base/text.hpp"
#include "http/date.hpp"
#include "http/structured.hpp"

namespace cachearr::limit {
namespace {

using http::FieldId;
namespace sf = http::structured;

/// How long "none left" holds where nothing says when some come back.
constexpr Duration kUnsaidReset{60'000};
constexpr Duration kPauseAfterRefusal{60'000};
/// 503 without a time is as often a hiccup as a limit (MusicBrainz asks for one request a second).
constexpr Duration kPauseAfterUnavailable{2'000};

/// Times of one answer: the upstream's clock against ours.
struct Clocks {
  TimePoint now;
  Duration ahead{};  // ours minus theirs

  std::optional<TimePoint> ours(TimePoint theirs) const noexcept { return sane(theirs + ahead); }
  /// Seconds since 1970 are cut off, not rounded up, by most that send them: hence one more second.
  std::optional<TimePoint> moment(double number) const noexcept {
    const auto at = dates::moment_of(number, now);
    if (!at) return std::nullopt;
    return number > 1e9 ? ours(*at + std::chrono::seconds{1}) : sane(*at);
  }
  std::optional<TimePoint> sane(TimePoint at) const noexcept {
    if (at <= now) return std::nullopt;
    return at > now + content::kLongestPause ? now + content::kPauseInsteadOfAbsurd : at;
  }
};

Clocks clocks_of(const http::ResponseHead& head, TimePoint now) {
  Clocks clocks{now};
  if (const auto date = http::parse_date(head.fields.value(FieldId::date), now)) clocks.ahead = now - *date;
  return clocks;
}

std::optional<double> number_of(std::string_view value) noexcept {
  double number = 0;
  const auto trimmed = text::trim(value);
  const auto [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
  if (error != std::errc{} || end != trimmed.data() + trimmed.size()) return std::nullopt;
  return number;
}

std::optional<TimePoint> retry_after(const http::ResponseHead& head, const Clocks& clocks) {
  const auto value = head.fields.value(FieldId::retry_after);
  if (value.empty()) return std::nullopt;
  if (const auto number = number_of(value)) return clocks.moment(std::clamp(*number, 0.0, 1e14));
  const auto date = http::parse_date(value, clocks.now);
  return date ? clocks.ours(*date) : std::nullopt;
}

std::string_view value_of(const http::ResponseHead& head, std::string_view name) noexcept {
  const auto* field = head.fields.find(name);
  return field == nullptr ? std::string_view{} : text::trim(field->value);
}

/// The number a value begins with: "100, 100;w=60" says 100.
std::optional<std::uint64_t> leading_number(std::string_view value) noexcept {
  return text::parse_unsigned(value.substr(0, value.find_first_not_of("0123456789")));
}

void add_reading(content::LimitSignal& into, content::QuotaReading reading, const Clocks& clocks) {
  if (!reading.reset && reading.remaining == 0) {
    reading.reset = clocks.sane(clocks.now + (reading.per > Duration{} ? reading.per : kUnsaidReset));
  }
  into.readings.push_back(reading);
}

/// PREFIX-Limit, PREFIX-Remaining, PREFIX-Reset.
void read_triple(const http::ResponseHead& head, const std::string& prefix, const std::string& suffix, Duration per,
                 const Clocks& clocks, content::LimitSignal& into) {
  const auto remaining = leading_number(value_of(head, prefix + "-remaining" + suffix));
  if (!remaining) return;
  content::QuotaReading reading;
  reading.remaining = *remaining;
  reading.limit = leading_number(value_of(head, prefix + "-limit" + suffix)).value_or(0);
  reading.per = per;
  if (const auto reset = number_of(value_of(head, prefix + "-reset" + suffix))) reading.reset = clocks.moment(*reset);
  add_reading(into, reading, clocks);
}

std::optional<std::int64_t> integer(const sf::Parameters& parameters, std::string_view key) {
  for (const auto& [name, value] : parameters) {
    if (name == key && std::holds_alternative<std::int64_t>(value)) return std::get<std::int64_t>(value);
  }
  return std::nullopt;
}

std::optional<std::int64_t> integer(const sf::Dictionary& members, std::string_view key) {
  for (const auto& member : members) {
    const auto* item = std::get_if<sf::Item>(&member.value);
    if (member.key == key && item != nullptr && std::holds_alternative<std::int64_t>(item->value)) {
      return std::get<std::int64_t>(item->value);
    }
  }
  return std::nullopt;
}

std::uint64_t natural(std::optional<std::int64_t> number) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number.value_or(0)));
}

/// Draft 7: `limit=100, remaining=50, reset=5`.
bool read_dictionary(const std::string& value, const Clocks& clocks, content::LimitSignal& into) {
  const auto members = sf::parse_dictionary(value);
  if (!members || !integer(*members, "remaining")) return false;
  content::QuotaReading reading;
  reading.limit = natural(integer(*members, "limit"));
  reading.remaining = natural(integer(*members, "remaining"));
  if (const auto reset = integer(*members, "reset")) reading.reset = clocks.moment(static_cast<double>(*reset));
  add_reading(into, reading, clocks);
  return true;
}

bool same_name(const sf::Bare& a, const sf::Bare& b) {
  const auto* left = std::get_if<std::string>(&a);
  const auto* right = std::get_if<std::string>(&b);
  return left != nullptr && right != nullptr && *left == *right;
}

/// Draft 8 and later: `"day";q=1000;w=86400` tells what `"day";r=12;t=3600` is about.
void apply_policy(const std::optional<sf::List>& policies, const sf::Bare& name, content::QuotaReading& reading) {
  if (!policies) return;
  for (const auto& policy : *policies) {
    const auto* item = std::get_if<sf::Item>(&policy);
    if (item == nullptr || !same_name(item->value, name)) continue;
    reading.limit = natural(integer(item->parameters, "q"));
    reading.per =
        std::chrono::seconds{std::clamp<std::int64_t>(integer(item->parameters, "w").value_or(0), 0, 31'536'000)};
  }
}

void read_draft(const http::ResponseHead& head, const Clocks& clocks, content::LimitSignal& into) {
  const auto value = head.fields.joined("ratelimit");
  if (value.empty() || read_dictionary(value, clocks, into)) return;
  const auto list = sf::parse_list(value);
  if (!list) return;
  const auto policies = sf::parse_list(head.fields.joined("ratelimit-policy"));
  for (const auto& member : *list) {
    const auto* item = std::get_if<sf::Item>(&member);
    if (item == nullptr || !integer(item->parameters, "r")) continue;
    content::QuotaReading reading;
    reading.remaining = natural(integer(item->parameters, "r"));
    if (const auto reset = integer(item->parameters, "t")) reading.reset = clocks.moment(static_cast<double>(*reset));
    apply_policy(policies, item->value, reading);
    add_reading(into, reading, clocks);
  }
}

/// Trakt: {"name":"…","period":300,"limit":1000,"remaining":998,"until":"2021-01-05T04:15:00Z"}
void read_json(const http::ResponseHead& head, const Clocks& clocks, content::LimitSignal& into) {
  const auto value = value_of(head, "x-ratelimit");
  if (value.empty() || value.front() != '{') return;
  const auto json = nlohmann::json::parse(value, nullptr, false);
  const auto number = [&](const char* key) -> std::optional<std::uint64_t> {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_integer()) return std::nullopt;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, found->get<std::int64_t>()));
  };
  if (!json.is_object() || !number("remaining")) return;
  content::QuotaReading reading;
  reading.remaining = *number("remaining");
  reading.limit = number("limit").value_or(0);
  reading.per = std::chrono::seconds{std::min<std::uint64_t>(number("period").value_or(0), 31'536'000)};
  const auto until = json.find("until");
  if (until != json.end() && until->is_string()) {
    const auto at = dates::parse_iso_date(until->get_ref<const std::string&>());
    if (at) reading.reset = clocks.ours(*at);
    if (at && !reading.reset) return;  // a window that is over says nothing
  }
  add_reading(into, reading, clocks);
}

void read_readings(const http::ResponseHead& head, const Clocks& clocks, content::LimitSignal& into) {
  if (http::parse_delta_seconds(head.fields.value(FieldId::age)).value_or(0) > 0) return;
  for (const std::string prefix : {"x-ratelimit", "ratelimit", "x-rate-limit"})
    read_triple(head, prefix, "", {}, clocks, into);
  static constexpr std::array<std::pair<const char*, std::int64_t>, 4> kWindows = {
      {{"-second", 1}, {"-minute", 60}, {"-hour", 3'600}, {"-day", 86'400}}};
  for (const auto& [suffix, seconds] : kWindows) {
    read_triple(head, "x-ratelimit", suffix, std::chrono::seconds{seconds}, clocks, into);
  }
  read_draft(head, clocks, into);
  read_json(head, clocks, into);
}

/// A refusal that tells when, and leaves unsaid that nothing is left until then.
std::optional<TimePoint> lone_reset(const http::ResponseHead& head, const Clocks& clocks) {
  for (const std::string prefix : {"x-ratelimit", "ratelimit", "x-rate-limit"}) {
    if (!value_of(head, prefix + "-remaining").empty()) continue;
    if (const auto reset = number_of(value_of(head, prefix + "-reset"))) return clocks.moment(*reset);
  }
  return std::nullopt;
}

/// The latest moment at which something that is used up comes back.
std::optional<TimePoint> used_up_until(const std::vector<content::QuotaReading>& readings) {
  std::optional<TimePoint> latest;
  for (const auto& reading : readings) {
    if (reading.remaining == 0 && reading.reset && (!latest || *reading.reset > *latest)) latest = reading.reset;
  }
  return latest;
}

}  // namespace

bool may_tell_limits(const http::ResponseHead& head) noexcept {
  if (head.status == 429 || head.status == 503 || head.status == 403) return true;
  return std::any_of(head.fields.begin(), head.fields.end(), [](const http::Field& field) {
    if (field.id != FieldId::other) return false;
    const auto name = text::iequals(field.name.substr(0, 2), "x-") ? field.name.substr(2) : field.name;
    return text::iequals(name.substr(0, 4), "rate");
  });
}

content::LimitSignal read_head(const http::ResponseHead& head, TimePoint now) {
  content::LimitSignal signal;
  const auto clocks = clocks_of(head, now);
  read_readings(head, clocks, signal);
  const bool asked_to_wait = head.status == 403 && head.fields.has(FieldId::retry_after);
  signal.limited = head.status == 429 || head.status == 503 || asked_to_wait;
  if (!signal.limited) return signal;
  signal.why = std::to_string(head.status);
  signal.pause = head.status == 503 ? kPauseAfterUnavailable : kPauseAfterRefusal;
  signal.until = retry_after(head, clocks);
  if (!signal.until && head.status != 503) signal.until = used_up_until(signal.readings);
  if (!signal.until && head.status == 429) signal.until = lone_reset(head, clocks);
  return signal;
}

}  // namespace cachearr::limit
