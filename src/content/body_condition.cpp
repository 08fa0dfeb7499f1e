#include "content/body_condition.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/date_scanner.hpp"
#include "base/dates.hpp"
#include "base/text.hpp"
#include "content/body_reader.hpp"

namespace cachearr::content {
namespace {

std::optional<double> decimal_in(std::string_view text) noexcept {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_equal(const BodyCondition& condition, const Value& value, std::string_view text) {
  if (condition.kind != BodyCondition::Kind::json) return text == *condition.equals;
  if (value.type == Value::Type::container) return false;
  const auto wanted = nlohmann::json::parse(condition.equals_json, nullptr, false);
  if (wanted.is_string() || value.type == Value::Type::string)
    return wanted.is_string() && value.type == Value::Type::string &&
           wanted.get_ref<const std::string&>() == value.text;
  return nlohmann::json::parse(value.text, nullptr, false) == wanted;
}

std::optional<TimePoint> day_in(std::string_view text) noexcept {
  dates::Scanner scan{text};
  dates::CivilTime at;
  at.year = scan.digits(4);
  scan.need("-");
  at.month = static_cast<unsigned>(scan.digits(2));
  scan.need("-");
  at.day = static_cast<unsigned>(scan.digits(2));
  return scan.finished() ? dates::to_time(at) : std::nullopt;
}

/// A day, a moment, or seconds since 1970.
std::optional<TimePoint> moment_in(std::string_view text, TimePoint now) noexcept {
  constexpr double first = 1e9;  // what is less is no moment but a length of time
  if (const auto day = day_in(text)) return day;
  if (const auto moment = dates::parse_iso_date(text)) return moment;
  if (const auto moment = dates::parse_mail_date(text)) return moment;
  const auto number = decimal_in(text);
  return number && *number > first ? dates::moment_of(*number, now) : std::nullopt;
}

bool is_within(const BodyCondition& condition, std::string_view text, TimePoint now) noexcept {
  const auto at = moment_in(text, now);
  return at && (!condition.since || *at >= now - *condition.since) &&
         (!condition.until || *at <= now + *condition.until);
}

}  // namespace

bool BodyCondition::holds(const Value& value, TimePoint now) const {
  const auto text = kind == Kind::json ? std::string_view{value.text} : without_blanks(value.text);
  if (equals && !is_equal(*this, value, text)) return false;
  if (below || above) {
    const auto number = decimal_in(without_blanks(text));
    if (!number || (below && *number >= *below) || (above && *number <= *above)) return false;
  }
  if ((since || until) && !is_within(*this, without_blanks(text), now)) return false;
  if (like.empty() && not_like.empty()) return true;
  const auto matches = [text](const std::string& pattern) { return text::glob_match(pattern, text); };
  return value.type != Value::Type::container && (like.empty() || std::any_of(like.begin(), like.end(), matches)) &&
         std::none_of(not_like.begin(), not_like.end(), matches);
}

}  // namespace cachearr::content
