// What a support person would look up about an installation, as values: gathered once, judged by findings.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/position.hpp"

namespace cachearr::app::doctor {

struct ListenerFacts {
  std::string address;
  std::string upstream;  // not empty: the whole port is this upstream
  bool is_loopback = true;
  bool is_taken = false;  // somebody listens there
};

struct ClientFacts {
  std::string address, user_agent;
  std::optional<bool> trusts_authority;
  std::vector<std::string> untouched_hosts;  // whose HTTPS is passed on unseen, since the client refused our leaf
};

/// What one request without credentials to an upstream's root has told.
struct Probe {
  enum class Failure : std::uint8_t { none, dns, connect, tls, time, other } failure = Failure::none;
  std::string error;
  int status = 0;
  std::optional<std::int64_t> skew_seconds;  // our clock before its Date
};

struct UpstreamFacts {
  std::string name, origin;  // origin empty: none is known
  bool own = false;          // the user's files name it
  bool offline = false;
  bool is_indexer = false;
  std::uint64_t requests = 0;  // since the start of the running instance
  bool has_quota = false;      // by the rules or by what it has answered
  std::optional<Probe> probe;
};

struct DiskFacts {
  std::string path;        // empty: there is no disk tier
  std::string filesystem;  // "ext4"; empty: not known
  bool is_writable = true;
  std::uint64_t free_bytes = 0, used_bytes = 0, budget_bytes = 0;
};

struct AuthorityFacts {
  std::size_t intercepted_hosts = 0;  // that the rules name
  bool switched_off = false;
  bool exists = false;
  std::vector<std::string> problems;
};

/// A line of the running instance's own health.
struct NoteFacts {
  std::string type, message;
};

struct Facts {
  std::string config_file;  // empty: built-in defaults
  Problems problems;        // of configuration and rules
  bool running = false;
  std::string version, running_version;
  bool offline = false;  // nothing was asked of the network
  std::vector<NoteFacts> notes;
  std::vector<ListenerFacts> listeners;
  std::string admin_address;
  bool admin_is_taken = false;
  bool private_clients_may_use = true;
  AuthorityFacts authority;
  std::vector<ClientFacts> clients;
  std::vector<UpstreamFacts> upstreams;
  DiskFacts disk;
  std::map<std::string, std::string> proxies;  // variables of the environment that name one, credentials masked
};

}  // namespace cachearr::app::doctor
