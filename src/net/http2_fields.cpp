#include "net/http2_fields.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace cachearr::net {

namespace {

constexpr std::size_t kVersion = 9;  // "HTTP/1.1 "
constexpr std::size_t kStatusDigits = 3;

bool is_of_connection(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 5> names{"connection", "keep-alive", "proxy-connection", "transfer-encoding",
                                                  "upgrade"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

const std::vector<Http2Fields::Field>& Http2Fields::read(std::string_view lines, bool with_status) {
  fields_.clear();
  // Names stand where they stand in `lines`, so that no view moves.
  names_.resize(lines.size());
  std::transform(lines.begin(), lines.end(), names_.begin(), lower);
  for (std::size_t at = 0; at < lines.size();) {
    const auto end = std::min(lines.find("\r\n", at), lines.size());
    const auto line = lines.substr(at, end - at);
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (at == 0 && with_status) {
      fields_.emplace_back(":status", line.substr(std::min(kVersion, line.size())).substr(0, kStatusDigits));
    } else if (colon != std::string_view::npos) {
      const auto name = std::string_view{names_}.substr(at, colon);
      if (!is_of_connection(name)) fields_.emplace_back(name, text::trim(line.substr(colon + 1)));
    }
    at = end + 2;
  }
  return fields_;
}

}  // namespace cachearr::net
