#include "app/cli/applications.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace cachearr::app {
namespace {

/// Without it https passes through, and nothing of it is cached.
const char* const kTrust =
    "Let it trust the authority, so that its https is cached, too (cachearr ca trust-help; without one: cachearr ca "
    "init)";

std::vector<std::string> proxy_settings(const ProxyPlace& place) {
  return {"Settings > General > Proxy: tick Use Proxy, type HTTP(S), hostname " + place.host + ", port " + place.port,
          "Put your own machines into Ignored Addresses (for example 192.168.*,localhost), save", kTrust};
}

std::string proxy_variables(const ProxyPlace& place) {
  return "Set the variables HTTP_PROXY=" + place.url() + " and HTTPS_PROXY=" + place.url() +
         " (in lower case, too), and NO_PROXY for your own machines";
}

std::string host_and_port(const ProxyPlace& place) { return "host " + place.host + ", port " + place.port; }

/// Those that manage a library.
std::vector<Application> managers(const ProxyPlace& place) {
  return {
      {"sonarr", "Sonarr", {"sonarr"}, proxy_settings(place), "System > Tasks > Refresh Series"},
      {"radarr", "Radarr", {"radarr"}, proxy_settings(place), "System > Tasks > Refresh Movie"},
      {"lidarr",
       "Lidarr",
       {"lidarr"},
       {"Settings > Metadata, Show Advanced: Metadata Source " + place.url() + "/lidarr-metadata/"},
       "System > Tasks > Refresh Artist"},
      {"prowlarr",
       "Prowlarr",
       {"prowlarr"},
       {"Settings > Indexers > Indexer Proxies > Http: " + host_and_port(place) + ", with a tag",
        "Give that tag to the indexers that are to be cached", kTrust},
       "Indexers > Test All"},
      {"bazarr",
       "Bazarr",
       {"bazarr", "subliminal"},
       {"Settings > General > Proxy: type HTTP, " + host_and_port(place), kTrust, "Save, and start it again"},
       "search for the subtitles of one episode"},
      {"beets",
       "beets",
       {"beets", "musicbrainz"},
       {"Set the variables http_proxy and https_proxy to " + place.url(),
        "Make one file of the public authorities and this one, and set SSL_CERT_FILE to it (cachearr ca trust-help "
        "python)"},
       "beet import a folder"},
  };
}

std::vector<Application> others(const ProxyPlace& place) {
  return {
      {"overseerr",
       "Overseerr",
       {"overseerr", "axios", "node"},
       {proxy_variables(place), "Start it again"},
       "open its Discover page"},
      {"seerr",
       "Seerr, Jellyseerr",
       {"jellyseerr", "seerr", "axios", "node", "undici"},
       {"Settings > Network > HTTP(S) Proxy: " + host_and_port(place), kTrust, "Save, and start it again"},
       "open its Discover page",
       true},
      {"jellyfin",
       "Jellyfin",
       {"jellyfin"},
       {proxy_variables(place), kTrust, "Start it again"},
       "Dashboard > Libraries > Scan All Libraries"},
      {"qbittorrent",
       "qBittorrent",
       {"qbittorrent"},
       {"Options > Connection > Proxy Server: HTTP, " + host_and_port(place) + ", of its uses RSS alone"},
       "View > RSS Reader > Update all"},
      {"curl",
       "curl, wget, Python and most others",
       {},
       {"Set the variables http_proxy=" + place.url() + " and https_proxy=" + place.url()},
       "curl -sI http://example.com/",
       true},
  };
}

bool has_agent(const Application& application, std::string_view user_agent) {
  return std::any_of(application.agents.begin(), application.agents.end(),
                     [&](std::string_view agent) { return text::icontains(user_agent, agent); });
}

bool has_agent_of_any(std::string_view user_agent) {
  const auto all = applications({});
  return std::any_of(all.begin(), all.end(), [&](const Application& each) { return has_agent(each, user_agent); });
}

}  // namespace

std::string ProxyPlace::url() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return "http://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + port;
}

std::vector<Application> applications(const ProxyPlace& place) {
  auto all = managers(place);
  for (auto& each : others(place)) all.push_back(std::move(each));
  if (place.wants_password)
    for (auto& each : all)
      each.steps.emplace_back(
          "Give it the user and the password of \"access.basic_auth\": in the fields beside host and port, or in a "
          "variable as http://USER:PASSWORD@HOST:PORT");
  return all;
}

bool is_of(const Application& application, std::string_view user_agent) {
  if (user_agent.empty()) return application.is_nameless;
  if (application.agents.empty()) return !has_agent_of_any(user_agent);
  return has_agent(application, user_agent);
}

}  // namespace cachearr::app
