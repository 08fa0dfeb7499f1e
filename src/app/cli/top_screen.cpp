#include "app/cli/top_screen.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "app/cli/request_table.hpp"
#include "base/units.hpp"

namespace cachearr::app {

namespace {

using Json = nlohmann::ordered_json;
using Lines = std::vector<std::string>;

constexpr std::size_t kFewestRequests = 5;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text += ' ';
}

std::string text_at(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
}

std::uint64_t number_at(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number() ? at->get<std::uint64_t>() : 0;
}

/// "1234567" as "1,234,567"
std::string grouped(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string one_decimal(double number) {
  std::array<char, 32> text{};
  return {text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.1f", number))};
}

/// "-" where nobody asked.
std::string percent_at(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number() ? one_decimal(at->get<double>()) + " %" : "-";
}

/// "3d 4h", "5m 12s"
std::string span_of(std::uint64_t seconds) {
  struct Unit {
    std::uint64_t seconds;
    char letter;
  };
  constexpr std::array<Unit, 4> units{{{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}}};
  std::string text;
  for (int shown = 0; const auto& [length, letter] : units) {
    if ((seconds < length && shown == 0 && length > 1) || shown == 2) continue;
    text += (text.empty() ? "" : " ") + std::to_string(seconds / length) + letter;
    seconds %= length;
    ++shown;
  }
  return text;
}

std::string paint(const std::string& line, const char* colour, bool colours) {
  return colours ? std::string{"\x1b["} + colour + "m" + line + "\x1b[0m" : line;
}

std::string title_of(const TopData& data, bool colours) {
  const auto status = text_at(data.summary, "status");
  const auto alerts = number_at(data.summary, "alerts");
  const auto* const colour = status == "healthy" ? "32" : status == "degraded" ? "33" : "31";
  auto line = "cachearr  " + paint(status.empty() ? "unknown" : status, colour, colours) + "  up " +
              span_of(number_at(data.summary, "uptimeSeconds"));
  if (data.per_second) line += "  " + one_decimal(*data.per_second) + " requests/s";
  if (alerts > 0) line += "  " + paint(std::to_string(alerts) + (alerts == 1 ? " alert" : " alerts"), "31", colours);
  return line;
}

std::string tier_of(const Json& summary, const char* name, const char* used, const char* budget) {
  const auto bytes = number_at(summary, used), most = number_at(summary, budget);
  if (most == 0) return {};
  return std::string{"  "} + name + " " + format_size(bytes) + " of " + format_size(most) + " (" +
         std::to_string(bytes * 100 / most) + " %)";
}

Lines figures_of(const Json& summary) {
  return {"hit ratio  1 min " + percent_at(summary, "hitRatio1m") + "  10 min " + percent_at(summary, "hitRatio10m") +
              "  1 h " + percent_at(summary, "hitRatio1h") + "  24 h " + percent_at(summary, "hitRatio24h"),
          "requests " + grouped(number_at(summary, "requests")) + "  upstream calls " +
              grouped(number_at(summary, "upstreamCalls")) + "  saved " + grouped(number_at(summary, "callsSaved")),
          "entries " + grouped(number_at(summary, "entries")) +
              tier_of(summary, "memory", "memoryBytes", "memoryMaxBytes") +
              tier_of(summary, "disk", "diskBytes", "diskMaxBytes")};
}

/// "480/500 a day"; the quota with the smallest share left.
std::string quota_of(const Json& upstream) {
  const auto list = upstream.find("quota");
  if (list == upstream.end() || !list->is_array() || list->empty()) return "-";
  const auto share = [](const Json& quota) {
    return static_cast<double>(number_at(quota, "remaining")) /
           static_cast<double>(std::max<std::uint64_t>(1, number_at(quota, "limit")));
  };
  const auto scarcest =
      std::min_element(list->begin(), list->end(), [&](const Json& a, const Json& b) { return share(a) < share(b); });
  return std::to_string(number_at(*scarcest, "remaining")) + "/" + std::to_string(number_at(*scarcest, "limit")) +
         " a " + text_at(*scarcest, "per");
}

std::string breaker_of(const Json& upstream) {
  const auto breaker = upstream.find("breaker");
  return breaker == upstream.end() ? std::string{} : text_at(*breaker, "state");
}

/// Something keeps it from being asked as usual.
bool is_troubled(const Json& upstream) {
  return number_at(upstream, "cooldownSeconds") > 0 || number_at(upstream, "waiting") > 0 ||
         breaker_of(upstream) != "closed" || upstream.value("paused", false) || text_at(upstream, "mode") != "live";
}

std::string upstream_row(const Json& upstream, bool colours) {
  const auto tokens = upstream.find("tokens");
  const auto pause = number_at(upstream, "cooldownSeconds");
  const auto row = padded(text_at(upstream, "name"), 18) +
                   padded(upstream.value("paused", false) ? "paused" : text_at(upstream, "mode"), 12) +
                   padded(tokens != upstream.end() && tokens->is_number() ? tokens->dump() : "-", 6) +
                   padded(std::to_string(number_at(upstream, "waiting")), 7) + padded(quota_of(upstream), 16) +
                   padded(pause > 0 ? span_of(pause) : "-", 8) + breaker_of(upstream);
  return is_troubled(upstream) ? paint(row, "33", colours) : row;
}

/// Those in trouble first, then those that are asked most; none that nobody asks.
Lines upstream_rows(const Json& upstreams, std::size_t most, bool colours) {
  std::vector<const Json*> busy;
  if (upstreams.is_array())
    for (const auto& upstream : upstreams)
      if (is_troubled(upstream) || number_at(upstream, "requests") > 0) busy.push_back(&upstream);
  std::stable_sort(busy.begin(), busy.end(), [](const Json* a, const Json* b) {
    if (is_troubled(*a) != is_troubled(*b)) return is_troubled(*a);
    return number_at(*a, "requests") > number_at(*b, "requests");
  });
  Lines rows;
  for (std::size_t i = 0; i < std::min(most, busy.size()); ++i) rows.push_back(upstream_row(*busy[i], colours));
  return rows;
}

std::string heading(const std::string& text, bool colours) { return paint(text, "1", colours); }

std::string upstream_head() {
  return padded("UPSTREAM", 18) + padded("MODE", 12) + padded("TOKENS", 6) + padded("WAITING", 7) +
         padded("QUOTA LEFT", 16) + padded("PAUSE", 8) + "BREAKER";
}

void append(Lines& lines, Lines more) {
  lines.insert(lines.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::string fit(const std::string& line, std::size_t columns) {
  std::string out;
  std::size_t shown = 0;
  bool coloured = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      const auto end = std::min(line.find('m', i), line.size() - 1);
      out.append(line, i, end - i + 1);
      coloured = true;
      i = end;
      continue;
    }
    const bool begins_character = (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
    if (begins_character && ++shown > columns) break;
    out += line[i];
  }
  if (coloured) out += "\x1b[0m";
  return out;
}

Lines top_screen(const TopData& data, ScreenSize size, bool colours) {
  Lines lines{title_of(data, colours)};
  append(lines, figures_of(data.summary));
  const auto foot = data.problem.empty() ? std::string{"q quits"} : data.problem;
  // Two headings, two empty lines, the foot.
  const auto left = size.rows > lines.size() + 5 ? size.rows - lines.size() - 5 : 0;
  const auto for_upstreams = left > kFewestRequests ? std::max(left / 2, left - kFewestRequests - left / 2) : 0;
  auto upstreams = upstream_rows(data.upstreams, for_upstreams, colours);
  const auto for_requests = left - std::min(left, upstreams.size());
  append(lines, {"", heading(upstream_head(), colours)});
  append(lines, std::move(upstreams));
  append(lines, {"", heading(short_request_head(), colours)});
  if (data.requests.is_array())
    for (std::size_t i = 0; i < std::min(for_requests, data.requests.size()); ++i)
      lines.push_back(short_request_row(data.requests[i], colours));
  if (lines.size() >= size.rows) lines.resize(size.rows > 0 ? size.rows - 1 : 0);
  lines.push_back(paint(foot, data.problem.empty() ? "2" : "31", colours));
  for (auto& line : lines) line = fit(line, size.columns);
  return lines;
}

}  // namespace cachearr::app
