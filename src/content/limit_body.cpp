#include "content/limit_body.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/dates.hpp"
#include "base/text.hpp"
#include "content/json_scan.hpp"
#include "content/xml_peek.hpp"

namespace cachearr::content {
namespace {

using nlohmann::json;

/// Newznab's windows are days; without a word about the end an hour is what the *arr applications wait, too.
constexpr Duration kNewznabPause = std::chrono::hours{1};
/// AniDB's HTTP bans; a request during a ban prolongs it.
constexpr Duration kAniDbBan = std::chrono::hours{12};
constexpr Duration kOmdbPause = std::chrono::hours{1};
constexpr Duration kJsonPause{60'000};
constexpr Duration kNewznabWindow = std::chrono::hours{24};
constexpr std::size_t kPeek = 4096;
/// JSON errors are short; a longer 200 is data.
constexpr std::size_t kLongestJsonError = 16 * 1024;
constexpr std::size_t kMostFeedHead = 64 * 1024;
constexpr std::size_t kLongestWhy = 200;

void refuse(LimitSignal& signal, Duration pause, std::string why) {
  signal.limited = true;
  signal.pause = pause;
  signal.why = std::move(why);
  if (signal.why.size() > kLongestWhy) signal.why.resize(kLongestWhy);
}

/// Codes 2xx speak of parameters, one of which is called "limit".
bool tells_limit(std::uint64_t code, std::string_view words) {
  if (code == 500 || code == 501 || code == 429) return true;
  if (!text::icontains(words, "limit")) return false;
  return code < 200 || code > 299 || text::icontains(words, "reach") || text::icontains(words, "exceed");
}

void read_xml_error(const XmlTag& root, LimitSignal& signal) {
  const auto* code_text = root.attribute("code");
  const auto* description = root.attribute("description");
  const auto words = description != nullptr ? *description : root.text();
  const auto code = code_text != nullptr ? text::parse_unsigned(*code_text).value_or(0) : 0;
  if (text::icontains(words, "banned")) return refuse(signal, kAniDbBan, "banned: " + words);
  if (tells_limit(code, words)) refuse(signal, kNewznabPause, "error " + std::to_string(code) + ": " + words);
}

std::optional<std::uint64_t> number(const XmlTag& tag, std::string_view name) {
  const auto* value = tag.attribute(name);
  return value == nullptr ? std::nullopt : text::parse_unsigned(text::trim(*value));
}

/// When a place comes back: told outright, or a day after the oldest request that counts, or not known (none).
std::optional<TimePoint> next_place(const XmlTag& tag, const std::string& kind, TimePoint now) {
  std::optional<TimePoint> at;
  if (const auto* next = tag.attribute(kind + "nextavailable")) {
    at = dates::parse_mail_date(*next);
  } else if (const auto* oldest = tag.attribute(kind + "oldesttime")) {
    at = dates::parse_mail_date(*oldest);
    if (at) *at += kNewznabWindow;
  }
  if (!at || *at <= now || *at > now + kNewznabWindow) return std::nullopt;
  return at;
}

void read_apilimit(const XmlTag& tag, const std::string& kind, TimePoint now, LimitSignal& signal) {
  const auto current = number(tag, kind + "current");
  const auto most = number(tag, kind + "max");
  if (!current || !most || *most == 0) return;
  QuotaReading reading;
  reading.limit = *most;
  reading.remaining = *most - std::min(*most, *current);
  reading.per = kNewznabWindow;
  reading.reset = next_place(tag, kind, now);
  reading.grabs = kind == "grab";
  if (!reading.reset && reading.remaining == 0) reading.reset = now + kNewznabPause;
  signal.readings.push_back(reading);
}

void read_xml(std::string_view body, TimePoint now, LimitSignal& signal) {
  const auto root = root_tag(body.substr(0, kPeek));
  if (root && text::iequals(root->name, "error")) read_xml_error(*root, signal);
  const auto limits = find_tag(body.substr(0, kMostFeedHead), "apilimits");
  if (!limits) return;
  for (const std::string kind : {"api", "grab"}) read_apilimit(*limits, kind, now, signal);
  for (const auto& reading : signal.readings) {
    if (signal.limited && reading.remaining == 0 && !signal.until) signal.until = reading.reset;
  }
}

std::string member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

bool is_number(const json& object, const char* name, int wanted) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() && *found == wanted;
}

/// OpenSubtitles: {"remaining":-1,"message":"…","reset_time":"23 hours and 57 minutes","reset_time_utc":"…Z"}
bool read_reset_time(const json& object, TimePoint now, LimitSignal& signal) {
  const auto remaining = object.find("remaining");
  const bool told = object.contains("reset_time") || object.contains("reset_time_utc");
  if (!told || remaining == object.end() || !remaining->is_number_integer() || *remaining > 0) return false;
  refuse(signal, kNewznabPause, "quota used up: " + member(object, "message"));
  auto until = dates::parse_iso_date(member(object, "reset_time_utc"));
  if (!until) {
    if (const auto pause = dates::parse_spoken_duration(member(object, "reset_time"))) until = now + *pause;
  }
  if (until && *until > now && *until <= now + kLongestPause) signal.until = until;
  return true;
}

/// The texts that say why, wherever an API keeps them.
std::string words_of(const json& object) {
  std::string words;
  for (const char* name : {"Error", "error", "message", "status_message", "description", "detail", "title"}) {
    const auto text = member(object, name);
    if (!text.empty()) words += words.empty() ? text : "; " + text;
  }
  return words;
}

bool speaks_of_rate(std::string_view words) {
  static constexpr std::array<std::string_view, 8> kPhrases = {"rate limit",        "ratelimit",
                                                               "limit reached",     "limit exceeded",
                                                               "quota exceeded",    "exceeding the allowable",
                                                               "too many requests", "limit has been reached"};
  return std::any_of(kPhrases.begin(), kPhrases.end(), [&](auto phrase) { return text::icontains(words, phrase); });
}

void read_json_error(const json& object, int status, LimitSignal& signal) {
  const auto words = words_of(object);
  if (text::icontains(member(object, "Response"), "false")) {
    if (text::icontains(words, "limit")) refuse(signal, kOmdbPause, words);
    return;
  }
  const bool coded = object.contains("rate_limit") || is_number(object, "code", 429) ||
                     is_number(object, "status", 429) ||
                     (is_number(object, "status_code", 25) && object.contains("status_message"));
  const bool told = status >= 400 && status != 404 && speaks_of_rate(words);
  if (coded && (status >= 400 || !words.empty())) return refuse(signal, kJsonPause, words);
  if (told) refuse(signal, kJsonPause, words);
}

/// Whether an answer whose status tells no limit may tell one by its members; else it is not taken apart.
bool may_tell_limit(std::string_view body) {
  std::vector<std::string_view> members;
  if (scan_json(body, &members) != JsonShape::whole) return false;
  const bool numbered = body.find("429") != std::string_view::npos;
  return std::any_of(members.begin(), members.end(), [&](auto name) {
    return name == "Response" || name == "rate_limit" || name == "status_code" ||
           (numbered && (name == "code" || name == "status"));
  });
}

void read_json(std::string_view body, int status, TimePoint now, LimitSignal& signal) {
  if (body.size() > kLongestJsonError || (status < 400 && !may_tell_limit(body))) return;
  const auto object = json::parse(body, nullptr, false);
  if (!object.is_object()) return;
  if (status >= 400 && read_reset_time(object, now, signal)) return;
  read_json_error(object, status, signal);
}

}  // namespace

LimitSignal read_body(std::string_view content_type, int status, std::string_view body, TimePoint now) {
  LimitSignal signal;
  const auto first = body.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (first == std::string_view::npos || text::icontains(content_type, "html")) return signal;
  if (body[first] == '<') {
    read_xml(body, now, signal);
  } else if (body[first] == '{') {
    read_json(body, status, now, signal);
  } else if (status >= 400 && status != 404 && speaks_of_rate(body.substr(0, kPeek))) {
    refuse(signal, kJsonPause, std::string{body.substr(0, kLongestWhy)});
  }
  return signal;
}

}  // namespace cachearr::content
