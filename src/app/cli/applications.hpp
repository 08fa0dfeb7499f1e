// How each application is pointed at this proxy, in its own words, and how its requests are recognised. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cachearr::app {

/// Where applications reach the proxy.
struct ProxyPlace {
  std::string host, port;
  bool wants_password = false;  // "access.basic_auth" is set
  std::string url() const;
};

struct Application {
  std::string_view id, name;
  std::vector<std::string_view> agents;  // one of them, in lower case, is in its user agent; none: no other's is
  std::vector<std::string> steps;
  std::string_view then;     // what makes it send a request at once
  bool is_nameless = false;  // some of its requests have no user agent
};

std::vector<Application> applications(const ProxyPlace& place);
/// Whether a user agent (empty: there is none) is this application's.
bool is_of(const Application& application, std::string_view user_agent);

}  // namespace cachearr::app
