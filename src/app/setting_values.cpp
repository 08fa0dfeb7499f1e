#include "app/setting_values.hpp"

#include <arpa/inet.h>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>

#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace cachearr::app {
namespace {

Error must_be(std::string_view what, const Given& given) {
  return Error{"must be " + std::string{what} + ", not " + kind_of(given.value)};
}

const std::string* text_of(const Given& given) { return given.value.get_ptr<const std::string*>(); }

std::string in_quotes(std::string_view text) { return "\"" + std::string{text} + "\""; }

Error out_of_range(const std::string& shown, const std::string& least, const std::string& most) {
  return Error{"must be from " + least + " to " + most + ", not " + shown};
}

std::optional<std::uint64_t> unsigned_of(const Given& given) {
  if (given.value.is_number_unsigned()) return given.value.get<std::uint64_t>();
  if (given.is_text && given.value.is_string()) return text::parse_unsigned(text::trim(*text_of(given)));
  return std::nullopt;
}

std::optional<Duration> seconds_of(const Json& value) {
  const auto seconds = value.get<double>();
  constexpr double most = 1e12;  // far above any setting, far below an overflow
  if (!(seconds >= 0 && seconds <= most)) return std::nullopt;
  return Duration{static_cast<Duration::rep>(std::llround(seconds * 1000))};
}

}  // namespace

std::string kind_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null: return "null";
    case Json::value_t::boolean: return value.get<bool>() ? "true" : "false";
    case Json::value_t::string: return "text";
    case Json::value_t::array: return "a list";
    case Json::value_t::object: return "an object";
    default: return "a number";
  }
}

bool is_null(const Given& given) {
  if (given.value.is_null()) return true;
  return given.is_text && given.value.is_string() && (text_of(given)->empty() || *text_of(given) == "null");
}

Result<bool> to_bool(const Given& given) {
  if (given.value.is_boolean()) return given.value.get<bool>();
  if (given.is_text && given.value.is_string()) {
    const auto word = text::to_lower(text::trim(*text_of(given)));
    if (word == "true" || word == "1" || word == "yes" || word == "on") return true;
    if (word == "false" || word == "0" || word == "no" || word == "off") return false;
    return Error{"must be true or false, not " + in_quotes(word)};
  }
  return must_be("true or false", given);
}

Result<std::uint64_t> to_number(const Given& given, std::uint64_t least, std::uint64_t most) {
  const auto number = unsigned_of(given);
  if (!number && given.value.is_number()) {
    return out_of_range(given.value.dump(), std::to_string(least), std::to_string(most));
  }
  if (!number) {
    const auto right = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    if (given.value.is_string()) return Error{"must be " + right + ", not " + in_quotes(*text_of(given))};
    return must_be(right, given);
  }
  if (*number < least || *number > most) {
    return out_of_range(std::to_string(*number), std::to_string(least), std::to_string(most));
  }
  return *number;
}

Result<std::uint64_t> to_size(const Given& given, std::uint64_t least, std::uint64_t most) {
  auto size = unsigned_of(given);
  if (!size && given.value.is_string()) size = parse_size(text::trim(*text_of(given)));
  if (!size && given.value.is_string()) {
    return Error{"must be a size such as \"256MiB\", \"4GB\" or a number of bytes, not " + in_quotes(*text_of(given))};
  }
  if (!size) return must_be("a size such as \"256MiB\", \"4GB\" or a number of bytes", given);
  if (*size < least || *size > most) return out_of_range(format_size(*size), format_size(least), format_size(most));
  return *size;
}

Result<Duration> to_duration(const Given& given, Duration least, Duration most) {
  std::optional<Duration> duration;
  if (given.value.is_number()) duration = seconds_of(given.value);
  if (given.value.is_string()) duration = parse_duration(text::trim(*text_of(given)));
  if (!duration && given.value.is_string()) {
    return Error{"must be a duration such as \"1500ms\", \"10s\", \"15m\", \"24h\", \"7d\" or seconds, not " +
                 in_quotes(*text_of(given))};
  }
  if (!duration && given.value.is_number()) {
    return out_of_range(given.value.dump(), format_duration(least), format_duration(most));
  }
  if (!duration) return must_be("a duration such as \"1500ms\", \"10s\", \"15m\", \"24h\", \"7d\" or seconds", given);
  if (*duration < least || *duration > most) {
    return out_of_range(format_duration(*duration), format_duration(least), format_duration(most));
  }
  return *duration;
}

Result<std::string> to_text(const Given& given) {
  if (!given.value.is_string()) return must_be("text in quotes", given);
  if (text_of(given)->empty()) return Error{"must not be empty"};
  return *text_of(given);
}

Result<std::size_t> to_choice(const Given& given, const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (given.value.is_string() && *text_of(given) == names[i]) return i;
    list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + in_quotes(names[i]);
  }
  if (!given.value.is_string()) return must_be(list, given);
  return Error{"must be " + list + ", not " + in_quotes(*text_of(given)) +
               did_you_mean(*text_of(given), {names.begin(), names.end()})};
}

Result<std::string> to_path(const Given& given) {
  auto path = to_text(given);
  if (!path.ok()) return path;
  if (path->find('\0') != std::string::npos) return Error{"must not contain a NUL character"};
  const auto absolute = (std::filesystem::path{given.folder} / *path).lexically_normal();
  auto text = absolute.string();
  if (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

Result<std::vector<Given>> to_list(const Given& given) {
  auto list = given.value;
  if (given.is_text && list.is_string()) {
    const auto written = text::trim(*text_of(given));
    if (!written.empty() && written.front() == '[') {
      list = Json::parse(written, nullptr, false, true);
      if (list.is_discarded()) return Error{"must be a JSON list or values separated by commas"};
    } else {
      list = Json::array();
      text::for_each_member(written, [&](std::string_view member) { list.push_back(std::string{member}); });
    }
  }
  if (!list.is_array()) return must_be("a list in [ ]", given);
  std::vector<Given> members;
  for (auto& member : list) members.push_back({std::move(member), given.is_text, given.folder});
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

Result<std::string> to_address(const Given& given) {
  auto written = to_text(given);
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

Result<std::string> to_network(const Given& given) {
  auto written = to_text(given);
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
