#include "http/target.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "http/address.hpp"

namespace cachearr::http {

namespace {

constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxLabel = 63;

Error bad(std::string_view what) { return Error{std::string{what}}; }

/// Letters, digits, '-' and '_' (containers are often named with it). Percent-encoding and sub-delims, which RFC 3986
/// allows, name no host in practice but make two recipients see two hosts.
constexpr auto kHostChars = [] {
  std::array<bool, 256> is{};
  for (const char c : std::string_view{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"})
    is[static_cast<unsigned char>(c)] = true;
  return is;
}();

/// A name or a dotted address without brackets and port; a trailing dot is already gone.
bool is_host(std::string_view host) noexcept {
  if (host.empty() || host.size() > kMaxHost) return false;
  std::size_t label = 0;
  for (const char c : host) {
    if (c == '.') {
      if (std::exchange(label, 0) == 0) return false;
    } else if (!kHostChars[static_cast<unsigned char>(c)] || ++label > kMaxLabel) {
      return false;
    }
  }
  return label != 0;
}

bool read_port(std::string_view digits, std::uint16_t& port) noexcept {
  const auto value = text::parse_unsigned(digits);
  if (!value || *value == 0 || *value > std::numeric_limits<std::uint16_t>::max()) return false;
  port = static_cast<std::uint16_t>(*value);
  return true;
}

void assign_lower(std::string& into, std::string_view text) {
  into.resize(text.size());
  std::transform(text.begin(), text.end(), into.begin(), text::lower);
}

/// Writes host and port (0: none) from "host[:port]"; says what is wrong, or nullptr. Allocates only if `host` grows.
const char* read_authority(std::string_view authority, std::string& host, std::uint16_t& port) {
  port = 0;
  auto port_text = std::string_view{};
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return "unclosed bracket in host";
    if (!canonical_ipv6(authority.substr(1, end - 1), host)) return "invalid IPv6 address";
    port_text = authority.substr(end + 1);
    if (!port_text.empty() && !port_text.starts_with(':')) return "invalid host";
    if (!port_text.empty()) port_text.remove_prefix(1);
  } else {
    const auto colon = authority.find(':');
    auto name = authority.substr(0, colon);
    if (colon != std::string_view::npos) port_text = authority.substr(colon + 1);
    if (name.ends_with('.')) name.remove_suffix(1);
    if (!is_host(name)) return "invalid host";
    assign_lower(host, name);
  }
  // An empty port is as good as none (RFC 3986 3.2.3).
  if (!port_text.empty() && !read_port(port_text, port)) return "invalid port";
  return nullptr;
}

std::uint16_t default_port(std::string_view scheme) noexcept { return scheme == "https" ? 443 : 80; }

/// Path and query from what stands behind the authority.
void read_path(std::string_view rest, Target& into) {
  const auto mark = rest.find('?');
  into.has_query = mark != std::string_view::npos;
  into.path.assign(rest.substr(0, mark));
  into.query.assign(into.has_query ? rest.substr(mark + 1) : std::string_view{});
  if (into.path.empty()) into.path = "/";
}

/// Of a Host beside a target that names the host only the syntax counts, and mostly both are the same.
const char* check_host(const FieldList& fields, std::string_view authority) {
  const auto value = fields.value(FieldId::host);
  if (!fields.has(FieldId::host) || value == authority) return nullptr;
  std::string host;
  std::uint16_t port = 0;
  return read_authority(value, host, port);
}

const char* read_origin(const RequestHead& head, std::string_view scheme, Target& into) {
  into.form = TargetForm::origin;
  into.scheme.assign(scheme);
  into.host.clear();
  into.port = default_port(scheme);
  if (head.fields.has(FieldId::host)) {
    if (const char* const what = read_authority(head.fields.value(FieldId::host), into.host, into.port)) return what;
    if (into.port == 0) into.port = default_port(scheme);
  }
  return nullptr;
}

const char* read_absolute(const RequestHead& head, Target& into) {
  const auto end = head.target.find("://");
  if (end == std::string_view::npos) return "invalid request target";
  into.form = TargetForm::absolute;
  assign_lower(into.scheme, head.target.substr(0, end));
  if (into.scheme != "http" && into.scheme != "https") return "unknown scheme";
  const auto rest = head.target.substr(end + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) return "userinfo in request target";
  if (const char* const what = read_authority(authority, into.host, into.port)) return what;
  if (into.port == 0) into.port = default_port(into.scheme);
  read_path(rest.substr(authority.size()), into);
  // The whole server is meant where OPTIONS names no path (RFC 9112 3.2.4).
  if (head.method == Method::options && rest.size() == authority.size()) into.path = "*";
  // The target wins over a Host that says otherwise (RFC 9112 3.2.2), but a broken Host is refused even here.
  return check_host(head.fields, authority);
}

const char* read_connect(const RequestHead& head, Target& into) {
  into.form = TargetForm::authority;
  into.scheme.clear();
  into.path.clear();
  into.query.clear();
  into.has_query = false;
  if (const char* const what = read_authority(head.target, into.host, into.port)) return what;
  if (into.port == 0) return "CONNECT without a port";
  return check_host(head.fields, head.target);
}

const char* read_by_form(const RequestHead& head, std::string_view default_scheme, Target& into) {
  if (head.method == Method::connect) return read_connect(head, into);
  if (head.target == "*") {
    if (head.method != Method::options) return "asterisk form without OPTIONS";
    if (const char* const what = read_origin(head, default_scheme, into)) return what;
    into.form = TargetForm::asterisk;
    into.path = "*";
    into.query.clear();
    into.has_query = false;
    return nullptr;
  }
  if (!head.target.starts_with('/')) return read_absolute(head, into);
  if (const char* const what = read_origin(head, default_scheme, into)) return what;
  read_path(head.target, into);
  return nullptr;
}

const char* check_bytes(const RequestHead& head) noexcept {
  if (head.target.empty()) return "empty request target";
  for (const char c : head.target) {
    if (c < 0x21 || c > 0x7E) return "invalid byte in request target";
  }
  if (head.target.find('#') != std::string_view::npos) return "fragment in request target";
  const auto hosts = head.fields.count(FieldId::host);
  if (hosts > 1) return "more than one Host";
  return hosts == 0 && head.minor_version >= 1 ? "no Host" : nullptr;
}

}  // namespace

Result<bool> read_target(const RequestHead& head, std::string_view default_scheme, Target& into) {
  if (const char* const what = check_bytes(head)) return bad(what);
  if (const char* const what = read_by_form(head, default_scheme, into)) return bad(what);
  return true;
}

void assign_authority(std::string& into, std::string_view scheme, std::string_view host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string_view::npos;
  into.clear();
  if (ipv6) into += '[';
  into += host;
  if (ipv6) into += ']';
  const bool is_default = (scheme == "https" && port == 443) || (scheme == "http" && port == 80);
  if (port != 0 && !is_default) {
    into += ':';
    text::append_number(into, port);
  }
}

std::string authority_of(std::string_view scheme, std::string_view host, std::uint16_t port) {
  std::string result;
  assign_authority(result, scheme, host, port);
  return result;
}

Result<HostPort> parse_host_port(std::string_view text) {
  HostPort result;
  if (const char* const what = read_authority(text, result.host, result.port)) return bad(what);
  return result;
}

}  // namespace cachearr::http
