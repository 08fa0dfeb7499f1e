#include "store_crash/history.hpp"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <random>
#include <sstream>
#include <unistd.h>

#include "base/text.hpp"

namespace crash {

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string body_of(std::string_view key, std::uint64_t version) {
  std::mt19937 random{static_cast<unsigned>(version * 2654435761U + std::hash<std::string_view>{}(key))};
  std::string body = std::string{key} + " " + std::to_string(version) + "\n";
  // Mostly small answers, now and then one of many pages.
  const std::size_t size = random() % 50 == 0 ? random() % 200'000 : random() % 6'000;
  body.reserve(body.size() + size);
  for (std::size_t i = 0; i < size; i += 4) {
    const auto word = static_cast<std::uint32_t>(random());
    body.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return body;
}

std::uint64_t version_of(std::string_view key, std::string_view body) {
  const auto line = body.substr(0, body.find('\n'));
  const auto space = line.rfind(' ');
  if (space == std::string_view::npos || line.substr(0, space) != key) return 0;
  const auto version = cachearr::text::parse_unsigned(line.substr(space + 1)).value_or(0);
  return body == body_of(key, version) ? version : 0;
}

Log::Log(const std::string& path)
    : file_{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)} {
  if (file_ < 0) std::abort();
}

Log::~Log() { ::close(file_); }

void Log::write(std::string_view what, std::string_view target, std::uint64_t version) {
  std::string line{what};
  line.append(" ")
      .append(target)
      .append(" ")
      .append(std::to_string(version))
      .append(" ")
      .append(std::to_string(now_ms()));
  line.append("\n");
  if (::write(file_, line.data(), line.size()) < 0) std::abort();
}

std::map<std::string, Expected> replay(const std::vector<std::string>& logs,
                                       std::map<std::string, std::uint64_t> before, std::int64_t killed_at,
                                       std::int64_t grace, bool evicting) {
  std::map<std::string, Expected> keys;
  for (const auto& [key, version] : before) keys[key] = {evicting ? 0 : version, 0, version};
  const auto safe_until = killed_at - grace;
  for (const auto& path : logs) {
    std::ifstream in{path};
    std::string line;
    while (std::getline(in, line)) {
      std::istringstream words{line};
      std::string what, target;
      std::uint64_t version = 0;
      std::int64_t at = 0;
      if (!(words >> what >> target >> version >> at)) continue;  // cut off by the kill
      if (what == "putting") {
        keys[target].at_most = version;
      } else if (what == "put") {
        if (at <= safe_until && !evicting) keys[target].at_least = version;
      } else {
        // "purging": from now on nothing of it has to be there. "purged", or "soon" if long enough ago: none of it may
        // be.
        for (auto& [key, expected] : keys) {
          if (!cachearr::text::glob_match(target, key)) continue;
          expected.at_least = 0;
          if (what == "purged" || (what == "soon" && at <= safe_until)) expected.above = expected.at_most;
        }
      }
    }
  }
  return keys;
}

}  // namespace crash
