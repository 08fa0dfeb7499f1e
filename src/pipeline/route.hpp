// Where a request goes: which upstream, which effective target, where to connect. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "http/target.hpp"
#include "pipeline/config_snapshot.hpp"

namespace cachearr::pipeline {

/// The listener a connection came in by.
struct ListenerInfo {
  std::string upstream;  // not empty: everything here is for this upstream
  bool tls = false;
  bool http2 = true;  // offered to clients that speak TLS here, inside of tunnels too
};

/// The authority a CONNECT asked for, when HTTP is spoken inside the tunnel.
struct TunnelTarget {
  std::string scheme, host;
  std::uint16_t port = 0;
  friend bool operator==(const TunnelTarget&, const TunnelTarget&) = default;
};

/// What clients of the forward proxy call this proxy itself, for its certificate. Reserved for private use: where no
/// proxy is in the way, nobody else can ever answer for it.
inline constexpr std::string_view kOwnHost = "cachearr.internal";

struct Route {
  http::Target target;  // effective: what the stored answer is named by
  const rules::Upstream* upstream = nullptr;
  std::string connect_scheme, connect_host;  // where to dial
  std::uint16_t connect_port = 0;
  std::string host_field;  // Host towards the origin
  std::string mount_host;  // mount: by which name the client came here; "": it said none
  /// How the request named where it goes.
  enum class Form : std::uint8_t {
    proxy,     // absolute form: the client asks for a proxy
    tunnel,    // origin form inside a tunnel that CONNECT opened
    listener,  // the listener belongs to one upstream
    mount,     // a path under an upstream's mount
    host       // the Host field names an upstream
  } form = Form::host;
  bool as_proxy() const noexcept { return form == Form::proxy || form == Form::tunnel; }
};

/// Why a request cannot be routed; becomes the error answer.
struct Refusal {
  int status = 400;
  std::string detail;
  std::string fields = {};  // further field lines, CRLF included
};

/// `into` keeps the capacity of its strings.
Result<bool, Refusal> route(const ConfigSnapshot& snapshot, const ListenerInfo& listener,
                            const std::optional<TunnelTarget>& tunnel, const http::RequestHead& request, Route& into);

/// For a path and query below the origin of this upstream, as if a client had come to its mount.
Result<bool, Refusal> route_to(const rules::Upstream& upstream, std::string_view target, Route& into);

/// The way that a request has gone before, by rules that may be others now. False: it does not lead there any more.
bool route_again(const ConfigSnapshot& snapshot, std::string_view upstream, Route& into);

/// The same for an URL, as explain and warm-up name what they want.
Result<bool, Refusal> route_url(const ConfigSnapshot& snapshot, std::string_view url, Route& into);

}  // namespace cachearr::pipeline
