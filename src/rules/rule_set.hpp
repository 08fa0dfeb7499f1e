// Compiled rules: which upstream and which rule a request belongs to, its key and credentials, and what its answer
// means.
//
// A RuleSet is immutable after load(); any number of threads read it. A reload makes a new one; the workers swap it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "base/position.hpp"
#include "caching/invalidation.hpp"
#include "caching/policy.hpp"
#include "content/body_condition.hpp"
#include "http/message.hpp"
#include "http/target.hpp"

namespace cachearr::rules {

enum class Priority : std::uint8_t { interactive, feed, background };
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
  std::string origin_path;  // prefix put before the path in reverse mode; empty or "/x"
  std::string mount;        // "" or "/tmdb"
  bool intercept = false;
  bool tls_verify = true;
  std::string tls_ca_file, tls_server_name;
  // The file says which secrets there are, be it none: then no path segment and no short name is taken for one by its
  // look.
  bool credentials_given = false;
  std::vector<std::string> credential_query;    // lower case
  std::vector<std::string> credential_headers;  // lower case
  std::vector<std::string> credential_path;     // names of path captures that are secrets
  bool share_all = false;
  bool share_named = false;  // one partition for the credentials named above; any other secret has its own
  Rate rate;
  std::string proxy;  // parent, "" none
  UpstreamMode mode = UpstreamMode::live;
  ErrorStyle errors = ErrorStyle::problem;
  std::string events;
  UpstreamTimeouts timeouts;
  std::uint32_t retries = 1;
};

using content::BodyCondition;

struct TtlFrom {
  BodyCondition when;
  Duration ttl{};
};

/// Named captures of a match. Names point into the RuleSet, values are copies in the form that keys use:
/// percent-encoding normalised, and ':' '/' '?' '*' '|' '{' '}' always encoded, so that no value can pose as a part of
/// a key or a pattern. A cleared object keeps its memory.
class Captures {
 public:
  void clear() noexcept { used_ = 0; }
  /// A fresh, empty value of that name to write into. REQUIRES: the name outlives this object.
  std::string& add(std::string_view name);
  /// The first value of that name; empty where there is none.
  std::string_view find(std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept;
  std::size_t size() const noexcept { return used_; }
  auto begin() const noexcept { return slots_.begin(); }
  auto end() const noexcept { return slots_.begin() + static_cast<std::ptrdiff_t>(used_); }

 private:
  std::vector<std::pair<std::string_view, std::string>> slots_;
  std::size_t used_ = 0;
};

struct Rule {
  std::string name;
  std::uint32_t index = 0;  // position in RuleSet::rules()
  const Upstream* upstream = nullptr;
  std::string type;  // TTL and metrics label; empty: none
  caching::Policy policy;
  std::string key_template;  // empty: the default key
  std::vector<std::string> ignore_query;
  std::vector<std::string> tags;  // templates
  std::vector<TtlFrom> ttl_from;
  std::vector<BodyCondition> refuse_if;
  std::vector<caching::Invalidation> invalidate;  // their texts are templates with {captures}
  // With "without_events": policy.ttl is that one, the safe one; the other holds while the upstream's feed is
  // connected.
  std::optional<Duration> ttl_without_events, ttl_with_events;
  std::optional<Duration> learn_min, learn_max;
  double refresh_ahead = 0;  // 0: never
  Priority priority = Priority::interactive;
  Position at;                               // where it stands, for messages
  struct Compiled;                           // its matcher and key recipe: rules/compiled.hpp
  std::shared_ptr<const Compiled> compiled;  // never null in a loaded set
};

/// What the rules say of one request. Pointers live as long as the RuleSet.
struct Verdict {
  const Upstream* upstream = nullptr;
  const Rule* rule = nullptr;
};

/// A request's name in the store. Buffers keep their capacity from request to request.
struct KeyParts {
  std::string key;       // what users see: no secret in it
  std::string identity;  // partition, scheme, host, port and key, unambiguous
  Hash128 id;            // hash of identity (without variant)
  bool has_credentials = false;
};

class RuleSet {
 public:
  RuleSet();
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  /// The upstream that names this host (exact before "*.suffix"), or null. `host` is lower case. Allocates nothing.
  const Upstream* upstream_for_host(std::string_view host) const noexcept;
  /// The upstream whose mount is a path-segment prefix of `path` (longest first), or null.
  const Upstream* upstream_for_mount(std::string_view path) const noexcept;
  const Upstream* upstream_named(std::string_view name) const noexcept;

  /// First rule of `upstream` that matches; cost does not grow with other upstreams' rules. Null: none.
  const Rule* match(const Upstream& upstream, const http::RequestHead& request, std::string_view path,
                    std::string_view query, Captures& captures) const;
  /// Rules with `invalidate` that match this unsafe request, in order.
  std::vector<const Rule*> invalidations(const Upstream& upstream, const http::RequestHead& request,
                                         std::string_view path, std::string_view query, Captures& captures) const;

  const std::vector<std::unique_ptr<Upstream>>& upstreams() const noexcept;
  const std::vector<std::unique_ptr<Rule>>& rules() const noexcept;
  const std::unordered_map<std::string, Duration>& ttls() const noexcept;
  /// The user's files and a hash of what each holds.
  const std::map<std::string, Hash128>& files() const noexcept;

 private:
  friend struct Loader;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Builds key, identity and id. `secret` keys the hash of credentials. `target` is the effective one (origin's host and
/// path). Query parameters that neither the key template nor ignore_query nor credentials name are appended, sorted.
/// Values of parameters and headers with well-known secret names are treated as credentials even without an upstream.
void build_key(const Verdict& verdict, const http::RequestHead& request, const http::Target& target,
               const Captures& captures, std::string_view secret, KeyParts& into);

/// Fills a template such as "series:{id}" from captures; an unknown name gives an empty string.
std::string expand(std::string_view text, const Captures& captures);
/// The path as it may be shown, where the rule calls segments of it secret; empty where it does not.
std::string masked_path(const Rule& rule, std::string_view path);

/// The rule's tags, expanded.
std::vector<std::string> tags_of(const Rule& rule, const Captures& captures);

/// What a complete, successful body says.
struct BodyVerdict {
  bool refused = false;
  std::string refused_because;
  std::optional<Duration> ttl;  // of the first ttl_from that holds
};
/// The rule's conditions on a body, for whoever reads it, and what follows from those that hold.
std::vector<const BodyCondition*> conditions_of(const Rule& rule);
BodyVerdict verdict_of(const Rule& rule, const std::vector<bool>& holds);
/// Both in one, for a body as it is stored. One that cannot be decoded says nothing.
BodyVerdict inspect_body(const Rule& rule, std::string_view content_encoding, std::string_view body);
inline bool needs_body(const Rule& rule) noexcept { return !rule.refuse_if.empty() || !rule.ttl_from.empty(); }

struct LoadOptions {
  std::vector<std::string> paths;  // files or folders (*.json in name order), in order of precedence
  bool shipped = true;             // append the embedded shipped rules after them
  std::unordered_map<std::string, Duration> ttl_overrides;  // by type name, from the environment
};
/// Null where there is any problem; every problem is appended.
std::shared_ptr<const RuleSet> load(const LoadOptions& options, Problems& problems);
/// The same from one text, for validation and tests.
std::shared_ptr<const RuleSet> load_text(std::string_view text, std::string_view file_name, Problems& problems);

}  // namespace cachearr::rules
