// One upstream as the rules files describe it: where it is, whose secrets it knows, how fast it may be asked.
// Filled by the loader, immutable after it, read by any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/text.hpp"
#include "content/limit_words.hpp"

namespace cachearr::rules {

enum class UpstreamMode : std::uint8_t { live, prefer_cache, offline };
enum class ErrorStyle : std::uint8_t { problem, newznab };

struct Quota {
  std::uint64_t limit = 0;
  Duration per{};             // a minute, an hour or a day
  bool fixed = false;         // resets at a fixed time instead of rolling
  std::uint64_t reserve = 0;  // kept back for interactive requests
};

struct Rate {
  double per_second = 0;  // 0: no bucket
  std::uint32_t burst = 1;
  std::uint32_t concurrency = 0;  // 0: no cap
  Duration max_wait{5000};
  std::vector<Quota> quotas;
  bool for_address = false;  // one budget for all credentials: the upstream counts by address
  std::string each;          // a budget of its own for each value of this capture (an aggregator's indexers)
};

/// What warming up asks for: each of `ask`, once for every element of the list that `each` gives where there is one.
/// "{id}" is a member of the element, "{images.remoteUrl}" one of each member of a list in it,
/// "{images.coverType=poster.remoteUrl}" of those that say so; "{images.url:path}" is without the query.
struct WarmUp {
  std::string type;      // one of kWarmUpTypes
  std::string each;      // path and query of a list in JSON; empty: none
  std::string upstream;  // who is asked for `ask`; empty: this one
  std::vector<std::string> ask;
  /// Of pictures: what has `part` in it is asked for with each of `instead` in its place. Where there are any, what has
  /// none of the parts is not asked for.
  struct Size {
    std::string part;
    std::vector<std::string> instead;
  };
  std::vector<Size> sizes;
};
inline constexpr std::array<std::string_view, 6> kWarmUpTypes = {"series",   "episodes",         "metadata",
                                                                 "indexers", "quality-profiles", "custom-formats"};

/// One credential that a client may send in a field or in a parameter. Both names in lower case.
struct TwoPlaces {
  std::string header, parameter;
};

struct UpstreamTimeouts {
  std::optional<Duration> connect, header, idle;
};

struct Upstream {
  std::string name;
  std::uint32_t index = 0;                 // position in RuleSet::upstreams()
  std::vector<std::string> hosts;          // lower case; exact or "*.suffix"
  bool origin_given = false;               // the file names an origin; else it is https://first host
  std::string origin_scheme, origin_host;  // where to connect; empty where neither an origin nor an exact host is known
  std::uint16_t origin_port = 0;
  std::string origin_authority;    // both, as Host has them
  bool origin_is_private = false;  // its host leads to a private address, by its look
  std::string origin_path;         // prefix put before the path in reverse mode; empty or "/x"
  std::string mount;               // "" or "/tmdb"
  bool ignores_path_case = false;  // the origin distinguishes neither case nor a last slash
  bool intercept = false;
  bool tls_verify = true;
  std::string tls_ca_file, tls_server_name;
  // The file says which secrets there are, be it none: then no path segment and no short name is taken for one by its
  // look.
  bool credentials_given = false;
  bool credentials_required = false;            // a request without any meets only rules that store nothing
  std::vector<std::string> credential_query;    // lower case
  std::vector<std::string> credential_headers;  // lower case
  std::vector<std::string> credential_path;     // names of path captures that are secrets
  std::vector<TwoPlaces> credential_places;     // of the above: the same name as field and as parameter
  bool share_all = false;
  std::optional<bool> shared;  // with other instances; none: where its origin is no private one
  bool share_named = false;    // one partition for the credentials named above; any other secret has its own
  Rate rate;
  std::string proxy;  // parent, "" none
  UpstreamMode mode = UpstreamMode::live;
  ErrorStyle errors = ErrorStyle::problem;
  std::string events;                       // "signalr": an *arr application's feed of what changes
  std::string api_key_file;                 // a credential of cachearr's own, for the feed of events and for warm-up
  std::vector<content::LimitWords> limits;  // its own words for "no more"
  std::vector<WarmUp> warm;
  UpstreamTimeouts timeouts;
  std::uint32_t retries = 1;
};

/// True where the upstream names this field as a credential.
inline bool names_field(const Upstream* upstream, std::string_view name) noexcept {
  return upstream && std::any_of(upstream->credential_headers.begin(), upstream->credential_headers.end(),
                                 [name](const std::string& each) { return text::iequals(each, name); });
}

}  // namespace cachearr::rules
