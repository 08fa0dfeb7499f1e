#include "app/cli/request_table.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/units.hpp"

namespace cachearr::app {

using Json = nlohmann::ordered_json;

namespace {

/// Text of others must not move the cursor or colour the terminal.
std::string printable(std::string text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  std::replace_if(text.begin(), text.end(), is_control, '?');
  return text;
}

std::string text_of(const Json& request, const char* name) {
  const auto at = request.find(name);
  return at != request.end() && at->is_string() ? printable(at->get<std::string>()) : std::string{};
}

std::uint64_t number_of(const Json& request, const char* name) {
  const auto at = request.find(name);
  return at != request.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}

std::string left(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text += ' ';
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text + ' ';
}

/// "2023-11-14T22:13:20.042Z" as the clock on the wall shows it.
std::string wall_time(const std::string& time) {
  std::tm broken{};
  if (!strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &broken)) return time;
  const auto at = timegm(&broken);
  localtime_r(&at, &broken);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%H:%M:%S", &broken)};
}

/// "0.04", "12.3", "1234"
std::string milliseconds(std::uint64_t microseconds) {
  const auto hundredths = std::to_string(microseconds / 10);
  if (microseconds >= 100'000) return std::to_string(microseconds / 1000);
  const auto padded = std::string(3 - std::min<std::size_t>(3, hundredths.size()), '0') + hundredths;
  return padded.substr(0, padded.size() - 2) + '.' + padded.substr(padded.size() - 2);
}

std::string_view colour_of(const std::string& result) {
  if (result == "hit" || result == "collapsed") return "\x1b[32m";
  if (result == "stale" || result == "revalidated") return "\x1b[36m";
  if (result == "miss") return "\x1b[33m";
  return result == "error" ? "\x1b[31m" : "\x1b[2m";
}

std::string coloured(const std::string& result, bool colours) {
  const auto cell = left(result, 11);
  return colours ? std::string{colour_of(result)} + cell + "\x1b[0m" : cell;
}

}  // namespace

std::string request_table_head() {
  return left("TIME", 8) + left("CLIENT", 15) + left("WAY", 11) + left("RESULT", 11) + left("STATUS", 6) +
         right("MS", 7) + right("SIZE", 9) + left("UPSTREAM", 14) + "REQUEST";
}

std::string request_row(const Json& request, bool colours) {
  const auto upstream = text_of(request, "upstream");
  auto row = left(wall_time(text_of(request, "time")), 8) + left(text_of(request, "client"), 15) +
             left(text_of(request, "way"), 11) + coloured(text_of(request, "result"), colours) +
             left(std::to_string(number_of(request, "status")), 6) +
             right(milliseconds(number_of(request, "durationUs")), 7) +
             right(format_size(number_of(request, "bytes")), 9) + left(upstream.empty() ? "-" : upstream, 14) +
             text_of(request, "method") + ' ' + text_of(request, "url");
  for (const auto* name : {"detail", "error"})
    if (const auto why = text_of(request, name); !why.empty()) row.append(" (").append(why).append(")");
  return row;
}

std::string short_request_head() {
  return left("TIME", 8) + left("RESULT", 11) + left("STATUS", 6) + right("MS", 7) + left("UPSTREAM", 12) + "REQUEST";
}

std::string short_request_row(const Json& request, bool colours) {
  const auto upstream = text_of(request, "upstream");
  return left(wall_time(text_of(request, "time")), 8) + coloured(text_of(request, "result"), colours) +
         left(std::to_string(number_of(request, "status")), 6) +
         right(milliseconds(number_of(request, "durationUs")), 7) + left(upstream.empty() ? "-" : upstream, 12) +
         text_of(request, "method") + ' ' + text_of(request, "url");
}

}  // namespace cachearr::app
