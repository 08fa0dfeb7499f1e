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
  bool is_taken = false;     // somebody listens there
  bool is_cachearr = false;  // an instance of this program does; looked at where none runs with this configuration
  int bind_error = 0;        // errno of an attempt to listen there, made where nothing runs
};

/// What became of the question to the instance of this configuration.
enum class Instance : std::uint8_t {
  runs,             // it has answered
  absent,           // nobody is at its socket
  silent,           // somebody is, who does not answer
  of_another_user,  // whose state directory this user may not use
  unknown           // the configuration that says which one is meant cannot be read
};

struct StateFacts {
  std::string path;
  std::string problem;  // that keeps the program from starting with it
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
  std::string name, origin;   // origin empty: none is known
  bool own = false;           // the user's files name it
  std::string left_alone_as;  // "it is paused": it is not to be asked now; empty: it may be
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
  std::string unusable;  // why the program does not start with the one that is there
  std::vector<std::string> problems;
};

/// A line of the running instance's own health.
struct NoteFacts {
  std::string source, type, message;
};

struct Facts {
  std::string config_file;      // empty: built-in defaults
  Problems problems;            // of configuration and rules
  bool rules_are_known = true;  // false: a mistake keeps them from being read
  Instance instance = Instance::absent;
  StateFacts state;
  std::string version, running_version;
  bool offline = false;  // nothing was asked of the network
  std::vector<NoteFacts> notes;
  std::vector<ListenerFacts> listeners;
  std::string admin_address;
  bool admin_is_taken = false, admin_is_cachearr = false;
  bool private_clients_may_use = true;
  bool everybody_may_use = false;  // any address, without a password
  AuthorityFacts authority;
  std::vector<ClientFacts> clients;
  std::vector<UpstreamFacts> upstreams;
  DiskFacts disk;
  std::map<std::string, std::string> proxies;  // variables of the environment that name one, credentials masked
};

}  // namespace cachearr::app::doctor
