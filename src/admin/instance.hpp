// The running program as the admin API sees it; the application implements it.
//
// Calls come from any thread, several at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/position.hpp"
#include "base/result.hpp"
#include "client/proxy_server.hpp"
#include "pipeline/config_snapshot.hpp"
#include "rules/load/load.hpp"
#include "shared/budget.hpp"
#include "shared/tier.hpp"
#include "store/store.hpp"
#include "upkeep/alerts/monitor.hpp"
#include "upkeep/feed/event_feeds.hpp"
#include "upkeep/history/history.hpp"
#include "upkeep/jobs/prefetcher.hpp"
#include "upkeep/jobs/warm_ups.hpp"
#include "upkeep/key_watch.hpp"
#include "upkeep/notify/notifier.hpp"
#include "upkeep/optimizer.hpp"
#include "upkeep/savings_ledger.hpp"

namespace cachearr::admin {

struct ReloadOutcome {
  bool taken = false;
  Problems problems;                 // why the new files were refused; empty where they were taken
  std::vector<std::string> changes;  // what is different now, a sentence each
  TimePoint at{};
};

/// What an import has put in place, what it has kept of before, what is different now: a sentence each.
struct ImportOutcome {
  std::string version, made;  // of the export
  std::vector<std::string> put, kept, changes;
};

/// Why an import changed nothing. With problems: configuration or rules in the export are wrong here.
struct ImportRefusal {
  ImportRefusal(Error why, Problems wrong_here = {}) : what{std::move(why.what)}, problems{std::move(wrong_here)} {}
  std::string what;
  Problems problems;
};

class Instance {
 public:
  virtual ~Instance() = default;
  virtual client::ProxyServer& proxy() = 0;
  virtual store::Store& store() = 0;
  virtual upkeep::Notifier& notifier() = 0;
  virtual const Clock& clock() const = 0;
  virtual pipeline::SnapshotPtr snapshot() const = 0;  // what is in force now
  virtual const std::string& api_key() const = 0;
  virtual TimePoint started() const = 0;
  /// Reads configuration and rules again. Blocks for as long as that takes. All or nothing.
  virtual ReloadOutcome reload() = 0;
  /// The rules that would be in force with these texts in place of what is on disk. Null: every problem is appended.
  virtual std::shared_ptr<const rules::RuleSet> rules_with(const rules::FileTexts& instead,
                                                           Problems& problems) const = 0;
  /// The result of the last reload; taken is true where there was none.
  virtual ReloadOutcome last_reload() const = 0;
  /// Configuration, own rules, savings and history as one file; with a passphrase the authority, too, sealed with it.
  virtual Result<std::string> export_archive(const std::string& passphrase) = 0;
  /// Takes it in and reloads, or changes nothing and says why. Blocks for as long as that takes.
  virtual Result<ImportOutcome, ImportRefusal> import_archive(std::string_view archive, const std::string& passphrase,
                                                              bool only_check) = 0;
  /// What is wrong with the local authority, a sentence each.
  virtual std::vector<std::string> interception_problems() const = 0;
  virtual upkeep::History& history() = 0;
  virtual upkeep::Monitor& monitor() = 0;
  virtual upkeep::SavingsLedger& savings() = 0;
  virtual upkeep::KeyWatch& key_watch() = 0;
  virtual upkeep::Optimizer& optimizer() = 0;
  virtual upkeep::WarmUps& warm_ups() = 0;
  virtual upkeep::Prefetcher& prefetcher() = 0;
  virtual upkeep::EventFeeds& event_feeds() = 0;
  /// Null where nothing is shared with other instances; then the problem says why, if something should be.
  virtual shared::Tier* shared_tier() { return nullptr; }
  virtual std::string shared_problem() const { return {}; }
  /// Null where the limits of upstreams are this instance's own.
  virtual shared::Budget* shared_budget() { return nullptr; }
};

}  // namespace cachearr::admin
