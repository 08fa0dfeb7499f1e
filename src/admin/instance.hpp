// The running program as the admin API sees it; the application implements it.
//
// Calls may come from the admin thread only, unless they say otherwise.
#pragma once

#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/position.hpp"
#include "client/proxy_server.hpp"
#include "pipeline/config_snapshot.hpp"
#include "store/store.hpp"

namespace cachearr::admin {

struct ReloadOutcome {
  bool taken = false;
  Problems problems;                 // why the new files were refused; empty where they were taken
  std::vector<std::string> changes;  // what is different now, a sentence each
};

/// Something an operator should know; the *arr applications' health shape.
struct HealthNote {
  enum class Type : std::uint8_t { notice, warning, error } type = Type::notice;
  std::string source;
  std::string message;
};

class Instance {
 public:
  virtual ~Instance() = default;
  virtual client::ProxyServer& proxy() = 0;
  virtual store::Store& store() = 0;
  virtual const Clock& clock() const = 0;
  virtual pipeline::SnapshotPtr snapshot() const = 0;  // what is in force now
  virtual const std::string& api_key() const = 0;
  virtual TimePoint started() const = 0;
  /// Reads configuration and rules again. Blocks for as long as that takes. All or nothing.
  virtual ReloadOutcome reload() = 0;
  /// The result of the last reload; taken is true where there was none.
  virtual ReloadOutcome last_reload() const = 0;
  /// Notes of the application itself (authority, last reload); the admin room adds those of store and workers.
  virtual std::vector<HealthNote> notes() const = 0;
};

}  // namespace cachearr::admin
