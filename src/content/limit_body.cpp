#include "content/limit_body.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "base/dates.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"

namespace cachearr::content {
namespace {

using Kind = BodyRead::Kind;
using Scope = LimitWords::Scope;

/// Newznab's windows are days; without a word about the end an hour is what the *arr applications wait, too.
constexpr Duration kNewznabPause = std::chrono::hours{1};
constexpr Duration kJsonPause{60'000};
constexpr Duration kNewznabWindow = std::chrono::hours{24};
constexpr std::size_t kLongestWhy = 200;

LimitSignal refusal(Duration pause, std::string_view why) {
  LimitSignal signal;
  signal.limited = true;
  signal.pause = pause;
  signal.why = shown_words(why);
  return signal;
}

/// Codes 2xx speak of parameters, one of which is called "limit".
bool tells_limit(std::uint64_t code, std::string_view words) {
  if (code == 500 || code == 501 || code == 429) return true;
  if (!text::icontains(words, "limit")) return false;
  return code < 200 || code > 299 || text::icontains(words, "reach") || text::icontains(words, "exceed");
}

/// Newznab: 500 says that the calls are spent, 501 the downloads. Any other code leaves it to the words.
std::optional<Scope> scope_of(std::uint64_t code, std::string_view words) {
  if (code == 501) return Scope::grab;
  if (code == 500) return Scope::call;
  if (text::icontains(words, "download") || text::icontains(words, "grab")) return Scope::grab;
  return std::nullopt;
}

LimitSignal newznab_error(const XmlTag& root) {
  const auto* code_text = root.attribute("code");
  const auto* description = root.attribute("description");
  const auto& words = description != nullptr ? *description : root.text;
  const auto code = code_text != nullptr ? text::parse_unsigned(*code_text).value_or(0) : 0;
  if (!tells_limit(code, words)) return {};
  auto signal = refusal(kNewznabPause, "error " + std::to_string(code) + ": " + words);
  signal.scope = scope_of(code, words);
  return signal;
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
  reading.scope = kind == "grab" ? Scope::grab : Scope::call;
  if (!reading.reset && reading.remaining == 0) reading.reset = now + kNewznabPause;
  signal.readings.push_back(reading);
}

bool is_error(const XmlRead& xml) noexcept { return xml.root && text::iequals(xml.root->name, "error"); }

LimitSignal limits_in_xml(const XmlRead& xml, bool newznab, TimePoint now) {
  LimitSignal signal;
  if (newznab && is_error(xml)) signal = newznab_error(*xml.root);
  if (!xml.noted) return signal;
  for (const std::string kind : {"api", "grab"}) read_apilimit(*xml.noted, kind, now, signal);
  for (const auto& reading : signal.readings) {
    const bool same = !signal.scope || signal.scope == reading.scope;
    if (signal.limited && same && reading.remaining == 0 && !signal.until) signal.until = reading.reset;
  }
  return signal;
}

/// Names of members that hold the text of an error, not data.
bool names_an_error(std::string_view name) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "error",  "errors", "error_message", "errormessage", "message", "status_message",
      "detail", "reason", "msg",           "description",  "title"};
  return std::any_of(kNames.begin(), kNames.end(), [&](auto known) { return text::iequals(known, name); });
}

/// The texts that say why, wherever an API keeps them.
std::string error_words(const BodyRead& read) {
  std::string words;
  const auto add = [&](const Value& value) {
    if (value.type != Value::Type::string || value.text.empty()) return;
    words += words.empty() ? value.text : "; " + value.text;
  };
  for (const auto& [name, value] : read.json.members) {
    if (names_an_error(name)) add(value);
  }
  for (std::size_t i = 0; i < std::min(std::size(kErrorPlaces), read.places.size()); ++i) {
    if (read.places[i]) add(*read.places[i]);
  }
  return words;
}

bool speaks_of_rate(std::string_view words) {
  static constexpr std::array<std::string_view, 8> kPhrases = {
      "rate limit",     "ratelimit",     "limit reached",     "limit exceeded",
      "quota exceeded", "request limit", "too many requests", "limit has been reached"};
  return std::any_of(kPhrases.begin(), kPhrases.end(), [&](auto phrase) { return text::icontains(words, phrase); });
}

bool is_429(const JsonRead& json, std::string_view name) {
  const auto* value = json.member(name);
  return value != nullptr && value->type == Value::Type::number && value->text == "429";
}

LimitSignal limits_in_json(const BodyRead& read, int status) {
  if (read.text.size() > kLongestRefusal || read.json.opens_with != '{') return {};
  const auto words = error_words(read);
  const auto& json = read.json;
  const bool coded = json.member("rate_limit") != nullptr || is_429(json, "code") || is_429(json, "status");
  if (coded && (status >= 400 || !words.empty())) return refusal(kJsonPause, words);
  if (status >= 400 && status != 404 && speaks_of_rate(words)) return refusal(kJsonPause, words);
  return {};
}

/// Small objects have nothing to say beside the error; larger ones are data, whose texts may hold any word.
constexpr std::size_t kMostMembersOfAnError = 8;
constexpr std::size_t kShort = 4096;

bool is_data(const XmlRead& xml) {
  if (!xml.root) return false;
  const auto name = xml.root->local_name();
  for (const std::string_view known : {"rss", "feed", "rdf", "nzb", "caps", "svg"}) {
    if (text::iequals(name, known)) return true;
  }
  return false;
}

/// The text of a refusal, in lower case; empty where the body is data.
std::string refusal_text(const BodyRead& read, int status) {
  std::string out;
  switch (read.kind) {
    case Kind::empty: return out;
    case Kind::json:
      if (read.text.size() > kLongestRefusal || (read.json.opens_with == '[' && status < 400)) return out;
      if (read.json.member_count <= kMostMembersOfAnError && read.text.size() <= kShort) {
        // As it is written, too, for what is not text: {"code":25}.
        out.append(read.text).append("\n");
      }
      out += error_words(read);
      break;
    case Kind::xml:
      if (is_data(read.xml)) return out;
      [[fallthrough]];
    case Kind::html:
    case Kind::other: out = read.text.substr(0, read.kind == Kind::other ? kShort : kLongestRefusal); break;
  }
  if (read.xml.root) {
    // Once more with the entities resolved.
    for (const auto& [name, value] : read.xml.root->attributes) out.append("\n").append(value);
    out.append("\n").append(read.xml.root->text);
  }
  return text::to_lower(out);
}

/// For people: as little of the body as tells why.
std::string reason_in(const BodyRead& read) {
  if (read.kind == Kind::html) return "a page that says so";
  std::string words;
  if (read.kind == Kind::json) words = error_words(read);
  if (const auto& root = read.xml.root) {
    const auto* description = root->attribute("description");
    words = description != nullptr ? *description : root->text;
  }
  return words.empty() ? std::string{read.text.substr(0, kLongestWhy)} : words;
}

bool is_like(const LimitWords& words, std::string_view lower_text) {
  const auto fits = [&](std::string_view line) {
    return std::any_of(words.like.begin(), words.like.end(),
                       [&](const auto& glob) { return text::glob_match(text::to_lower(glob), line); });
  };
  // A pattern without stars means one of the texts.
  const auto lines = text::split(lower_text, '\n');
  return fits(lower_text) || std::any_of(lines.begin(), lines.end(), fits);
}

/// A date, a length of time in words or in seconds, or seconds since 1970.
std::optional<TimePoint> moment_in(const Value& value, TimePoint now) {
  std::optional<TimePoint> at;
  double seconds = 0;
  const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), seconds);
  if (error == std::errc{} && end == value.text.data() + value.text.size()) at = dates::moment_of(seconds, now);
  if (!at) at = dates::parse_iso_date(value.text);
  if (!at) at = dates::parse_mail_date(value.text);
  if (!at) {
    if (const auto pause = dates::parse_spoken_duration(value.text)) at = now + *pause;
  }
  return at && *at > now && *at <= now + kLongestPause ? at : std::nullopt;
}

}  // namespace

LimitSignal limits_in(const BodyRead& read, int status, bool newznab, TimePoint now) {
  switch (read.kind) {
    case Kind::xml: return limits_in_xml(read.xml, newznab, now);
    case Kind::json: return limits_in_json(read, status);
    case Kind::other:
      if (status >= 400 && status != 404 && speaks_of_rate(read.text.substr(0, kShort)))
        return refusal(kJsonPause, std::string{read.text.substr(0, kLongestWhy)});
      return {};
    case Kind::html:
    case Kind::empty: break;
  }
  return {};
}

std::vector<std::string_view> pointers_of(std::span<const LimitWords> words) {
  std::vector<std::string_view> pointers;
  for (const auto& each : words) {
    if (!each.until.empty()) pointers.push_back(each.until);
  }
  return pointers;
}

std::optional<LimitSignal> limit_by_words(const BodyRead& read, int status, std::span<const LimitWords> words,
                                          TimePoint now) {
  const bool possible =
      std::any_of(words.begin(), words.end(), [&](const auto& each) { return !each.status || *each.status == status; });
  if (!possible) return std::nullopt;
  const auto lower = refusal_text(read, status);
  if (lower.empty()) return std::nullopt;
  auto place = std::size(kErrorPlaces);
  for (const auto& each : words) {
    const auto until = each.until.empty() ? read.places.size() : place++;
    if ((each.status && *each.status != status) || !is_like(each, lower)) continue;
    auto signal = refusal(each.pause > Duration{} ? each.pause : kJsonPause, reason_in(read));
    signal.scope = each.scope;
    if (until < read.places.size() && read.places[until]) signal.until = moment_in(*read.places[until], now);
    return signal;
  }
  return std::nullopt;
}

bool is_newznab_error(std::string_view text) { return is_error(read_xml(text)); }

}  // namespace cachearr::content
