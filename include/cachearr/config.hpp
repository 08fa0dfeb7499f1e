// Every setting as plain structs with its default (README.md, "Configuration"). Plain values; read-only after start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr {

struct ListenerConfig {
  std::string address = "127.0.0.1:9797";
  std::string upstream;  // not empty: the whole port is this upstream
  bool tls = false;
  bool http2 = true;  // offered to clients that speak TLS, at the listener itself or inside of tunnels
  std::string file;   // where it was given, for messages; line and column are 0 outside of a file
  std::size_t line = 0, column = 0;
  int inherited = -1;  // a listening socket that was handed over; -1: it is opened here

  /// The same to clients, wherever it was given.
  friend bool operator==(const ListenerConfig& a, const ListenerConfig& b) {
    return a.address == b.address && a.upstream == b.upstream && a.tls == b.tls && a.http2 == b.http2;
  }
};

/// Who must log in at the admin listener: all, or only those whose address is no private one.
enum class LoginOf : std::uint8_t { everybody, strangers };

struct AdminConfig {
  std::string address = "127.0.0.1:9798";  // empty: no admin listener
  std::string api_key;                     // empty: made and kept in the state directory
  std::vector<std::string> hosts = {"localhost"};
  bool open_metrics = true;  // /metrics without a key
  LoginOf login = LoginOf::everybody;
  std::string password;                      // of the page, besides the key; empty: none
  std::string url_base;                      // "/cachearr", where a proxy gives us a part of its paths; empty: all
  std::vector<std::string> frame_ancestors;  // pages that may show ours in a frame
  int inherited = -1;                        // a listening socket that was handed over; -1: it is opened here
};

enum class Switch : std::uint8_t { off, on, automatic };
enum class PrivateUpstreams : std::uint8_t { named, allow, deny };

struct AccessConfig {
  std::vector<std::string> clients = {"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"};
  std::string basic_user;  // empty: no proxy authentication
  std::string basic_password_file;
  std::vector<std::uint16_t> connect_ports = {443, 80};
  bool allow_unknown_hosts = true;
  PrivateUpstreams private_upstreams = PrivateUpstreams::named;
};

struct TimeoutConfig {
  Duration client_header{10'000}, client_idle{60'000}, connect{5'000}, upstream_header{30'000}, upstream_idle{30'000},
      shutdown_grace{10'000};
};

struct LimitConfig {
  std::uint64_t max_header_bytes = 16 * 1024;
  std::uint64_t max_object_bytes = 16ULL * 1024 * 1024;
  std::uint32_t max_connections = 10'000;
};

struct LogConfig {
  std::string level = "info";  // trace debug info warning error off
  bool json = false;
};

enum class OptimizerMode : std::uint8_t { off, suggest, on };

/// When stored answers are asked for before anybody needs them, and which.
struct PrefetchConfig {
  enum class Trigger : std::uint8_t { startup, access, schedule } trigger = Trigger::schedule;
  std::vector<std::string> patterns;  // of keys
  std::optional<Duration> interval;   // none: CacheConfig::prefetch_interval
  std::optional<Duration> at;         // schedule: a warm-up each day, so long after midnight, instead
  friend bool operator==(const PrefetchConfig&, const PrefetchConfig&) = default;
};

struct CacheConfig {
  bool compression = false;
  bool warmup_on_startup = false;
  bool prefetch_on_access = true;
  Duration prefetch_interval{300'000};
  std::vector<PrefetchConfig> prefetch = {
      {PrefetchConfig::Trigger::startup, {"series:*", "episode:*", "metadata:series:*"}, {}, {}},
      {PrefetchConfig::Trigger::access, {"series:*", "episode:*"}, Duration{300'000}, {}},
      {PrefetchConfig::Trigger::schedule, {"series:*", "episode:*", "metadata:*", "indexer:*"}, Duration{600'000}, {}}};
  std::uint32_t prefetch_keys = 100;
  std::uint32_t alert_hit_rate_below = 50, alert_key_hit_rate_below = 30, alert_memory_above = 75, max_keys = 10'000;
  Duration alert_after{300'000};
  OptimizerMode optimizer = OptimizerMode::off;
};

enum class ChannelType : std::uint8_t { webhook, ntfy, gotify, discord, slack, telegram, apprise, pushover, email };

/// Where notifications go. Its secrets are here as they are sent, those from files too; the address may be one.
struct NotificationConfig {
  std::string name;
  ChannelType type = ChannelType::webhook;
  std::string url;
  std::vector<std::string> events = {"*"};  // patterns of events
  std::string token;
  std::string user;      // pushover: who gets it; email: who logs in
  std::string password;  // email
  std::string chat_id;   // telegram
  std::string from;      // email
  std::vector<std::string> to;
  bool encrypted = true;      // email: nothing is sent without TLS
  std::string body_template;  // webhook; empty: everything as JSON
  std::string proxy;          // empty: as the environment says; "none"
  std::string ca_file;        // trusted besides the system's authorities
  Duration retry_after{5'000};

  friend bool operator==(const NotificationConfig&, const NotificationConfig&) = default;
};

/// A Redis or Valkey that several instances share.
struct SharedConfig {
  std::string redis_url;  // empty: nothing is shared
  std::string username;
  std::string password_file, ca_file, secret_file;  // resolved, absolute
  std::string certificate_file, key_file;           // resolved, absolute; what a server that asks for it is shown
  std::string server_name;
  std::string prefix = "cachearr";
  std::string instance;  // empty: made of the host's name
  bool records = true, limits = true, collapse = true;
  std::optional<Duration> lookup_timeout;  // none: by the round trip
  std::uint64_t max_object_bytes = 1024 * 1024;
  Duration min_ttl{10'000};
  bool negatives = false;
  enum class WhenAway : std::uint8_t { share, full, refuse } limits_when_away = WhenAway::share;
  std::uint32_t instances = 0;  // 0: as many as were seen
  std::optional<Duration> blind_after;
};

struct Config {
  std::string file;  // where it was read from; empty: built-in defaults
  std::vector<ListenerConfig> listeners = {ListenerConfig{}};
  AdminConfig admin;
  std::string state_dir;           // resolved, absolute
  bool state_dir_is_known = true;  // false: it stands in a file that cannot be read, and is the default here
  std::uint32_t threads = 0;       // 0: one for each core
  std::uint64_t memory_max_bytes = 256ULL * 1024 * 1024;
  std::string disk_path;  // resolved, absolute; empty: no disk tier
  std::uint64_t disk_max_bytes = 4ULL * 1024 * 1024 * 1024;
  std::vector<std::string> rules;  // resolved, absolute
  Switch intercept = Switch::automatic;
  std::string ca_dir;  // resolved, absolute
  AccessConfig access;
  TimeoutConfig timeouts;
  LimitConfig limits;
  LogConfig log;
  CacheConfig cache;
  std::vector<NotificationConfig> notifications;
  SharedConfig shared;
  /// "host:port" -> "address:port": connect there instead (--resolve), for tests and split DNS.
  std::unordered_map<std::string, std::string> resolve;
  /// TTLs of types, from the environment.
  std::unordered_map<std::string, Duration> ttl_overrides;
  /// Which changes invalidate by themselves ("series_update", "tag_update"…), from the environment; not named: true.
  std::unordered_map<std::string, bool> auto_invalidate;
};

}  // namespace cachearr
