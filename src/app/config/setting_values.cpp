#include "app/config/setting_values.hpp"

#include <arpa/inet.h>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace cachearr::app {
namespace {

Error must_be(std::string_view what, const RawValue& raw) {
  return Error{"must be " + std::string{what} + ", not " + kind_of(raw.value)};
}

const std::string* text_of(const RawValue& raw) { return raw.value.get_ptr<const std::string*>(); }

std::string in_quotes(std::string_view text) { return "\"" + std::string{text} + "\""; }

Error out_of_range(const std::string& shown, const std::string& least, const std::string& most) {
  return Error{"must be from " + least + " to " + most + ", not " + shown};
}

std::optional<std::uint64_t> unsigned_of(const RawValue& raw) {
  if (raw.value.is_number_unsigned()) return raw.value.get<std::uint64_t>();
  if (raw.is_text && raw.value.is_string()) return text::parse_unsigned(text::trim(*text_of(raw)));
  return std::nullopt;
}

std::optional<Duration> seconds_of(const nlohmann::json& value) {
  const auto seconds = value.get<double>();
  constexpr double most = 1e12;  // far above any setting, far below an overflow
  if (!(seconds >= 0 && seconds <= most)) return std::nullopt;
  return Duration{static_cast<Duration::rep>(std::llround(seconds * 1000))};
}

}  // namespace

std::string kind_of(const nlohmann::json& value) {
  switch (value.type()) {
    case nlohmann::json::value_t::null: return "null";
    case nlohmann::json::value_t::boolean: return value.get<bool>() ? "true" : "false";
    case nlohmann::json::value_t::string: return "text";
    case nlohmann::json::value_t::array: return "a list";
    case nlohmann::json::value_t::object: return "an object";
    default: return "a number";
  }
}

bool is_null(const RawValue& raw) {
  if (raw.value.is_null()) return true;
  return raw.is_text && raw.value.is_string() && (text_of(raw)->empty() || *text_of(raw) == "null");
}

Result<bool> to_bool(const RawValue& raw) {
  if (raw.value.is_boolean()) return raw.value.get<bool>();
  if (raw.is_text && raw.value.is_string()) {
    const auto word = text::to_lower(text::trim(*text_of(raw)));
    if (word == "true" || word == "1" || word == "yes" || word == "on") return true;
    if (word == "false" || word == "0" || word == "no" || word == "off") return false;
    return Error{"must be true or false, not " + in_quotes(word)};
  }
  return must_be("true or false", raw);
}

Result<std::uint64_t> to_number(const RawValue& raw, std::uint64_t least, std::uint64_t most) {
  const auto number = unsigned_of(raw);
  if (!number && raw.value.is_number()) {
    return out_of_range(raw.value.dump(), std::to_string(least), std::to_string(most));
  }
  if (!number) {
    const auto right = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    if (raw.value.is_string()) return Error{"must be " + right + ", not " + in_quotes(*text_of(raw))};
    return must_be(right, raw);
  }
  if (*number < least || *number > most) {
    return out_of_range(std::to_string(*number), std::to_string(least), std::to_string(most));
  }
  return *number;
}

Result<std::uint64_t> to_size(const RawValue& raw, std::uint64_t least, std::uint64_t most) {
  auto size = unsigned_of(raw);
  if (!size && raw.value.is_string()) size = parse_size(text::trim(*text_of(raw)));
  if (!size && raw.value.is_string()) {
    return Error{"must be a size such as \"256MiB\", \"4GB\" or a number of bytes, not " + in_quotes(*text_of(raw))};
  }
  if (!size) return must_be("a size such as \"256MiB\", \"4GB\" or a number of bytes", raw);
  if (*size < least || *size > most) return out_of_range(format_size(*size), format_size(least), format_size(most));
  return *size;
}

Result<Duration> to_duration(const RawValue& raw, Duration least, Duration most) {
  std::optional<Duration> duration;
  if (raw.value.is_number()) duration = seconds_of(raw.value);
  if (raw.value.is_string()) duration = parse_duration(text::trim(*text_of(raw)));
  if (!duration && raw.value.is_string()) {
    return Error{"must be a duration such as \"1500ms\", \"10s\", \"15m\", \"24h\", \"7d\" or seconds, not " +
                 in_quotes(*text_of(raw))};
  }
  if (!duration && raw.value.is_number()) {
    return out_of_range(raw.value.dump(), format_duration(least), format_duration(most));
  }
  if (!duration) return must_be("a duration such as \"1500ms\", \"10s\", \"15m\", \"24h\", \"7d\" or seconds", raw);
  if (*duration < least || *duration > most) {
    return out_of_range(format_duration(*duration), format_duration(least), format_duration(most));
  }
  return *duration;
}

Result<std::string> to_text(const RawValue& raw) {
  if (!raw.value.is_string()) return must_be("text in quotes", raw);
  if (text_of(raw)->empty()) return Error{"must not be empty"};
  return *text_of(raw);
}

Result<std::size_t> to_choice(const RawValue& raw, const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (raw.value.is_string() && *text_of(raw) == names[i]) return i;
    list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + in_quotes(names[i]);
  }
  if (!raw.value.is_string()) return must_be(list, raw);
  return Error{"must be " + list + ", not " + in_quotes(*text_of(raw)) +
               did_you_mean(*text_of(raw), {names.begin(), names.end()})};
}

Result<std::string> to_path(const RawValue& raw) {
  auto path = to_text(raw);
  if (!path.ok()) return path;
  if (path->find('\0') != std::string::npos) return Error{"must not contain a NUL character"};
  const auto absolute = (std::filesystem::path{raw.folder} / *path).lexically_normal();
  auto text = absolute.string();
  if (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

Result<std::vector<RawValue>> to_list(const RawValue& raw) {
  auto list = raw.value;
  if (raw.is_text && list.is_string()) {
    const auto written = text::trim(*text_of(raw));
    if (!written.empty() && written.front() == '[') {
      list = nlohmann::json::parse(written, nullptr, false, true);
      if (list.is_discarded()) return Error{"must be a JSON list or values separated by commas"};
    } else {
      list = nlohmann::json::array();
      text::for_each_member(written, [&](std::string_view member) { list.push_back(std::string{member}); });
    }
  }
  if (!list.is_array()) return must_be("a list in [ ]", raw);
  std::vector<RawValue> members;
  for (auto& member : list) members.push_back({std::move(member), raw.is_text, raw.folder});
  return members;
}

std::optional<HostPort> split_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = text::parse_unsigned(text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty()) return std::nullopt;
  return HostPort{std::string{host}, static_cast<std::uint16_t>(*port)};
}

int address_family(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return 4;
  if (inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) return 6;
  return 0;
}

std::optional<std::string> content_of_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (path.empty() || !file) return std::nullopt;
  std::string text;
  std::array<char, 4096> part{};
  while (file.read(part.data(), part.size()), file.gcount() > 0)
    text.append(part.data(), static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return std::nullopt;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Result<std::string> to_address(const RawValue& raw) {
  auto written = to_text(raw);
  if (!written.ok()) return written;
  auto parts = split_host_port(text::trim(*written));
  if (parts && text::iequals(parts->host, "localhost")) parts->host = "127.0.0.1";
  const auto family = parts ? address_family(parts->host) : 0;
  if (family == 0) {
    return Error{
        "must be ADDRESS:PORT such as \"127.0.0.1:9797\", \"[::1]:9797\" or, for every interface, "
        "\"0.0.0.0:9797\", not " +
        in_quotes(*written)};
  }
  const auto port = std::to_string(parts->port);
  return family == 4 ? parts->host + ":" + port : "[" + parts->host + "]:" + port;
}

Result<std::string> to_network(const RawValue& raw) {
  auto written = to_text(raw);
  if (!written.ok()) return written;
  const auto slash = written->find('/');
  const auto family = address_family(written->substr(0, slash));
  const std::uint64_t most = family == 4 ? 32 : 128;
  const auto bits =
      slash == std::string::npos ? most : text::parse_unsigned(written->substr(slash + 1)).value_or(most + 1);
  if (family == 0 || bits > most) {
    return Error{"must be a network such as \"192.168.0.0/16\", \"fd00::/8\" or an address, not " +
                 in_quotes(*written)};
  }
  return written->substr(0, slash) + "/" + std::to_string(bits);
}

}  // namespace cachearr::app
