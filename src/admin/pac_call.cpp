// /proxy.pac, and the same as /wpad.dat: the file that tells browsers and systems to use this proxy, open to everybody
// as they bring no key.
#include "admin/calls.hpp"
#include "base/ip_address.hpp"
#include "http/target.hpp"

namespace cachearr::admin {

namespace {

// Without the proxy the net still works, uncached: that is what the last word is for.
constexpr std::string_view kBefore =
    "// http and https go through cachearr; this machine and names without a dot do not.\n"
    "function FindProxyForURL(url, host) {\n"
    "  if (!/^https?:/i.test(url)) return \"DIRECT\";\n"
    "  if (isPlainHostName(host) || /^127\\.[\\d.]+$|^\\[?::1\\]?$|\\.localhost\\.?$/i.test(host)) return \"DIRECT\";\n"
    "  return \"PROXY ";
constexpr std::string_view kAfter = "; DIRECT\";\n}\n";

bool is_every_address(const std::string& host) {
  if (host.empty()) return true;
  const auto address = ip::parse_address(host);
  return address && (*address == *ip::parse_address("0.0.0.0") || *address == *ip::parse_address("::"));
}

/// Where the proxy is for whoever reached the admin listener as `seen_as`: one that listens on every address is found
/// by the same name.
std::string proxy_for(const http::HostPort& listener, std::string_view seen_as) {
  std::string host = listener.host;
  if (is_every_address(host)) {
    const auto own = http::parse_host_port(seen_as);
    host = own && !own->host.empty() ? own->host : "localhost";
  }
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(listener.port);
}

}  // namespace

void add_pac_call(Router& router, Instance& instance) {
  auto handler = [&instance](const Call& call) {
    const auto listener = http::parse_host_port(instance.proxy().forward_address());
    if (!listener) return problem(404, "no listener here takes requests for every host");
    Answer answer;
    answer.content_type = "application/x-ns-proxy-autoconfig";
    answer.body.append(kBefore)
        .append(proxy_for(*listener, call.head->fields.value(http::FieldId::host)))
        .append(kAfter);
    return answer;
  };
  for (const auto* const path : {"/proxy.pac", "/wpad.dat"})
    router.add(
        {http::Method::get,
         path,
         {Access::open, Effect::none},
         handler,
         Runs::on_loop,
         {.summary = "how browsers find the proxy", .answer = "application/x-ns-proxy-autoconfig", .failures = {404}}});
}

}  // namespace cachearr::admin
