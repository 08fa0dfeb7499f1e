#include "proxy/settings.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/text.hpp"

namespace cachearr::proxy {

namespace {

/// The password stands alone in its file; a line end behind it is an editor's.
bool read_password(const std::string& path, std::string& into) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return false;
  into.assign(std::istreambuf_iterator<char>{file}, {});
  while (!into.empty() && (into.back() == '\n' || into.back() == '\r')) into.pop_back();
  return true;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  unsigned difference = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}

}  // namespace

bool Settings::may_use(const net::Address& client) const noexcept {
  return std::any_of(clients.begin(), clients.end(), [&](const auto& range) { return range.contains(client); });
}

bool Settings::may_connect_to_port(std::uint16_t port) const noexcept {
  const auto& ports = config.access.connect_ports;
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

bool Settings::is_authorised(std::string_view proxy_authorization) const {
  if (proxy_credentials.empty()) return true;
  constexpr std::string_view scheme = "basic ";
  if (proxy_authorization.size() < scheme.size() ||
      !text::iequals(proxy_authorization.substr(0, scheme.size()), scheme))
    return false;
  const auto given = text::base64_decode(text::trim(proxy_authorization.substr(scheme.size())));
  return given && equal_in_constant_time(*given, proxy_credentials);
}

std::shared_ptr<const Settings> compile_settings(const Config& config, Problems& problems) {
  auto settings = std::make_shared<Settings>();
  settings->config = config;
  const auto before = problems.size();
  for (const auto& text : config.access.clients) {
    if (const auto range = net::parse_range(text)) {
      settings->clients.push_back(*range);
    } else {
      problems.push_back(
          {{config.file, 0, 0}, "access.clients: \"" + text + "\" is not an address or range such as 192.168.0.0/16"});
    }
  }
  if (!config.access.basic_user.empty()) {
    std::string password;
    if (!read_password(config.access.basic_password_file, password))
      problems.push_back({{config.file, 0, 0},
                          "access.basic_auth: cannot read the password file " + config.access.basic_password_file});
    settings->proxy_credentials = config.access.basic_user + ":" + password;
  }
  if (problems.size() != before) return nullptr;
  return settings;
}

}  // namespace cachearr::proxy
