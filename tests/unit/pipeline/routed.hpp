// Routes of requests under one set of rules that has an upstream of every kind.
#pragma once

#include <optional>
#include <string>

#include "pipeline/route.hpp"
#include "unit/pipeline/heads.hpp"
#include "unit/pipeline/snapshots.hpp"

namespace cachearr::test {

/// tmdb: no origin of its own. sonarr: an origin with port and path. wild: no exact host. bare: hosts without mount.
inline constexpr std::string_view kUpstreams = R"({"upstreams": {
  "tmdb": {"hosts": ["api.tmdb.test", "www.tmdb.test"], "mount": "/tmdb"},
  "sonarr": {"hosts": ["sonarr.test"], "origin": "http://192.168.1.5:8989/base", "mount": "/sonarr"},
  "wild": {"hosts": ["*.wild.test"], "origin": "https://api4.wild.test", "mount": "/wild"},
  "plain": {"hosts": ["plain.test"], "origin": "http://plain.test"}
}})";

struct Way {
  pipeline::Route route;
  bool ok = false;
  int refused = 0;
  std::string detail;
  std::string upstream() const { return route.upstream ? route.upstream->name : ""; }
  std::string dialled() const {
    return route.connect_scheme + "://" + route.connect_host + ":" + std::to_string(route.connect_port);
  }
};

class RouteTest : public ::testing::Test {
 protected:
  Way way(const Asked& asked, const pipeline::ListenerInfo& listener = {},
          const std::optional<pipeline::TunnelTarget>& tunnel = {}) const {
    Way result;
    // What an earlier request left there must not matter.
    result.route.target.path = "/old";
    result.route.connect_host = "old.test";
    result.route.host_field = "old.test";
    result.route.form = pipeline::Route::Form::proxy;
    const auto routed = pipeline::route(*snapshot_, listener, tunnel, asked.head, result.route);
    result.ok = routed.ok();
    if (!routed) result.refused = routed.error().status;
    if (!routed) result.detail = routed.error().detail;
    return result;
  }
  Way way(std::string_view start, std::string_view host = "localhost:9797", const pipeline::ListenerInfo& listener = {},
          const std::optional<pipeline::TunnelTarget>& tunnel = {}) const {
    return way(Asked{start, "Host: " + std::string{host} + "\r\n"}, listener, tunnel);
  }
  pipeline::SnapshotPtr snapshot_ = snapshot_of(kUpstreams);
};

}  // namespace cachearr::test
