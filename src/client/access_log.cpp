#include "client/access_log.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/redact.hpp"
#include "base/text.hpp"

namespace cachearr::client {

namespace {

void append_milliseconds(std::string& out, std::uint64_t microseconds) {
  text::append_number(out, static_cast<std::int64_t>(microseconds / 1000));
  const auto rest = microseconds % 1000;
  out += '.';
  out += static_cast<char>('0' + rest / 100);
  out += static_cast<char>('0' + rest / 10 % 10);
}

void append_or_dash(std::string& out, std::string_view text) {
  out.append(text.empty() ? std::string_view{"-"} : text);
}

bool is_one_of(std::string_view name, std::span<const std::string> secrets) {
  const auto plain = text::percent_decode(name);
  return std::any_of(secrets.begin(), secrets.end(),
                     [&](const std::string& secret) { return text::iequals(secret, plain); });
}

/// The query with the values of the named parameters taken out; the general redaction takes out what is secret
/// anywhere. Some servers part parameters at ';' too.
std::string without_values(std::string_view query, std::span<const std::string> secrets) {
  std::string out;
  for (;;) {
    const auto end = query.find_first_of("&;");
    const auto pair = query.substr(0, end);
    const auto name = pair.substr(0, pair.find('='));
    out.append(is_one_of(name, secrets) ? std::string{name} + "=***" : std::string{pair});
    if (end == std::string_view::npos) return out;
    out += query[end];
    query.remove_prefix(end + 1);
  }
}

/// Control characters, from wherever they come, must not make a second line.
void make_printable(std::string& out, std::size_t from) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; };
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), is_control, '?');
}

void append_printable(std::string& out, std::string_view text) {
  const auto start = out.size();
  out += text;
  make_printable(out, start);
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":");
  text::append_json_string(out, value);
}

void write_text(std::string& out, const LogFacts& facts, const LogText& words) {
  out += "|Info|access|";
  append_printable(out, facts.client);
  out.append(" ").append(words.asked).append(" ");
  text::append_number(out, facts.status);
  out += ' ';
  text::append_number(out, static_cast<std::int64_t>(facts.bytes));
  out += ' ';
  append_milliseconds(out, facts.microseconds);
  out.append("ms ").append(words.named).append(" ");
  http::CacheStatus decision = facts.cache;
  decision.key = {};
  http::append(out, decision);
  if (!facts.tls.empty()) out.append(" over ").append(facts.tls);
  if (facts.http2) out += " HTTP/2.0";
  if (!facts.error.empty()) {
    out += " (";
    append_printable(out, facts.error);
    out += ')';
  }
  out += '\n';
}

void write_json(std::string& out, const LogFacts& facts, const LogText& words) {
  out += "Z\",\"level\":\"info\",\"event\":\"request\"";
  append_member(out, "client", facts.client);
  out.append(words.asked).append(",\"status\":");
  text::append_number(out, facts.status);
  out += ",\"bytes\":";
  text::append_number(out, static_cast<std::int64_t>(facts.bytes));
  out += ",\"ms\":";
  append_milliseconds(out, facts.microseconds);
  out.append(words.named);
  std::string composed;
  http::CacheStatus decision = facts.cache;
  decision.key = {};
  http::append(composed, decision);
  append_member(out, "decision", composed);
  if (!facts.tls.empty()) append_member(out, "upstreamTls", facts.tls);
  if (facts.http2) append_member(out, "protocol", "HTTP/2.0");
  if (!facts.error.empty()) append_member(out, "error", facts.error);
  out += "}\n";
}

}  // namespace

void append_shown_url(std::string& out, const LogFacts& facts) {
  const bool named = !facts.scheme.empty() && !facts.authority.empty();  // a path that leads nowhere has no host
  if (named) out.append(facts.scheme).append("://");
  out.append(facts.authority);
  const bool known = std::all_of(facts.secrets.begin(), facts.secrets.end(), &is_secret_parameter);
  if (known || facts.query.empty()) return append_redacted(out, facts.path, facts.query);
  append_redacted(out, facts.path, without_values(facts.query, facts.secrets));
}

/// As the other lines of the log have it: local time in text, RFC 3339 in JSON.
std::string_view AccessLog::stamp(TimePoint now, bool json) {
  if (now == stamped_) return stamp_;
  constexpr std::size_t milliseconds = 3;
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (second != std::chrono::floor<std::chrono::seconds>(stamped_) || stamp_.empty()) {
    const std::time_t at = second.time_since_epoch().count();
    std::tm broken{};
    json ? gmtime_r(&at, &broken) : localtime_r(&at, &broken);
    std::array<char, 32> text{};
    const auto* format = json ? "%Y-%m-%dT%H:%M:%S." : "%Y-%m-%d %H:%M:%S.";
    stamp_.assign(text.data(), std::strftime(text.data(), text.size(), format, &broken));
    stamp_.append(milliseconds, '0');
  }
  auto rest = (now - second).count();
  for (auto digit = stamp_.rbegin(); digit != stamp_.rbegin() + milliseconds; ++digit, rest /= 10)
    *digit = static_cast<char>('0' + rest % 10);
  stamped_ = now;
  return stamp_;
}

void AccessLog::format_request(const LogFacts& facts, LogText& into) {
  into.asked.clear();
  into.named.clear();
  if (log::json()) {
    append_member(into.asked, "method", facts.method);
    std::string url;
    if (facts.url.empty()) append_shown_url(url, facts);
    append_member(into.asked, "url", facts.url.empty() ? std::string_view{url} : facts.url);
    append_member(into.named, "upstream", facts.upstream);
    append_member(into.named, "rule", facts.rule);
    append_member(into.named, "key", facts.key);
    return;
  }
  into.asked.append(facts.method).append(" ");
  if (facts.url.empty()) {
    append_shown_url(into.asked, facts);
  } else {
    into.asked += facts.url;
  }
  append_or_dash(into.named, facts.upstream);
  into.named += ' ';
  append_or_dash(into.named, facts.rule);
  into.named += ' ';
  append_or_dash(into.named, facts.key);
  make_printable(into.asked, 0);
  make_printable(into.named, 0);
}

void AccessLog::write(const LogFacts& facts, TimePoint now) {
  if (!log::enabled(log::Level::info)) return;
  if (!facts.text) format_request(facts, text_);
  const auto& words = facts.text ? *facts.text : text_;
  auto& out = batch_.line(now);
  if (log::json()) {
    out.append("{\"time\":\"").append(stamp(now, true));
    write_json(out, facts, words);
  } else {
    out.append(stamp(now, false));
    write_text(out, facts, words);
  }
  if (batch_.size() >= kBatch) flush();
}

}  // namespace cachearr::client
