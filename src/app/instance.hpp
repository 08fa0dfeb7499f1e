// The running program: configuration, rules, store, proxy and admin listener, wired together.
//
// Owned by run_server(); made and destroyed on the main thread. reload() may be called from the main and the admin
// thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "admin/instance.hpp"
#include "admin/server.hpp"
#include "app/config/load_config.hpp"
#include "app/systemd.hpp"
#include "authority/client_context.hpp"
#include "client/proxy_server.hpp"
#include "fetch/admission_controller.hpp"
#include "shared/budget.hpp"
#include "store/store.hpp"
#include "upkeep/alerts/monitor.hpp"
#include "upkeep/feed/event_feeds.hpp"
#include "upkeep/history/history.hpp"
#include "upkeep/notify/notifier.hpp"
#include "upkeep/ticker.hpp"

namespace cachearr::app {

/// Why the program cannot start, and the exit code that says so.
struct StartFailure {
  int exit_code;
  Problems problems;
};

class Instance final : public admin::Instance {
 public:
  explicit Instance(ConfigSources sources, std::vector<systemd::InheritedSocket> sockets = {});
  ~Instance() override;

  /// Reads, checks, opens and starts everything; nothing stays half-started.
  std::optional<StartFailure> start();
  /// Finishes requests and calls under way within the configured grace, then flushes the store. False: a call still
  /// runs and looks at everything, which therefore lives on; what remains is to end the process.
  bool stop();
  /// "127.0.0.1:9797 (proxy), 127.0.0.1:8990 (sonarr), 127.0.0.1:9798 (admin)"
  std::string addresses() const;

  client::ProxyServer& proxy() override { return *proxy_; }
  store::Store& store() override { return *store_; }
  upkeep::Notifier& notifier() override { return notifier_; }
  const Clock& clock() const override { return clock_; }
  pipeline::SnapshotPtr snapshot() const override;
  const std::string& api_key() const override { return api_key_; }
  TimePoint started() const override { return started_; }
  admin::ReloadOutcome reload() override;
  std::shared_ptr<const rules::RuleSet> rules_with(const rules::FileTexts& instead, Problems& problems) const override;
  admin::ReloadOutcome last_reload() const override;
  Result<std::string> export_archive(const std::string& passphrase) override;
  Result<admin::ImportOutcome, admin::ImportRefusal> import_archive(std::string_view archive,
                                                                    const std::string& passphrase,
                                                                    bool only_check) override;
  std::vector<std::string> interception_problems() const override;
  upkeep::History& history() override { return *history_; }
  upkeep::Monitor& monitor() override { return *monitor_; }
  /// "healthy; serving 127.0.0.1:9797 (proxy)": how it is, in one line for the service manager.
  std::string status();
  upkeep::SavingsLedger& savings() override { return *savings_; }
  upkeep::KeyWatch& key_watch() override { return *key_watch_; }
  upkeep::Optimizer& optimizer() override { return *optimizer_; }
  upkeep::WarmUps& warm_ups() override { return *warm_ups_; }
  upkeep::Prefetcher& prefetcher() override { return *prefetcher_; }
  upkeep::EventFeeds& event_feeds() override { return *event_feeds_; }
  shared::Tier* shared_tier() override { return shared_.get(); }
  std::string shared_problem() const override;
  shared::Budget* shared_budget() override { return budget_.get(); }

 private:
  /// Reads configuration and rules. With a configuration in force, the settings that wait for the next start keep its
  /// values; what differs is appended to `changes`.
  std::optional<pipeline::ConfigSnapshot> read_snapshot(Problems& problems, const Config* in_force,
                                                        std::vector<std::string>& changes) const;
  /// Puts in force what was read.
  void apply(pipeline::ConfigSnapshot parts, std::vector<std::string>& changes);
  /// Gives `next` its leaves and forgets what was known of certificates.
  void prepare_tls(pipeline::ConfigSnapshot& next, const std::shared_ptr<authority::LeafCache>& current);
  /// What is done without a client. REQUIRES: store and proxy are there.
  void prepare_upkeep();
  std::optional<StartFailure> open_store(const Config& config);
  std::optional<StartFailure> open_listeners(const Config& config);
  /// What other instances are told of this one.
  shared::Member card() const;
  /// Warm-ups and prefetch. REQUIRES: as above.
  void prepare_jobs();
  void start_jobs();
  /// What is done every so often.
  void plan_upkeep();
  /// Judges the alerts, and tells the service manager how things are. `closely`: by what costs more to read, too.
  void look_around(bool closely);

  ConfigSources sources_;
  std::vector<systemd::InheritedSocket> sockets_;
  SystemClock clock_;
  TimePoint started_;
  authority::ClientContexts contexts_;
  std::string secret_;
  std::string api_key_;
  std::mutex import_mutex_;  // one import at a time, the reload at its end included
  std::mutex reload_mutex_;  // one reload at a time, from reading to applying
  std::mutex look_mutex_;    // one look at a time, from reading to judging; guards slow_
  upkeep::SlowAlertInputs slow_;
  mutable std::mutex mutex_;  // guards the three below; held for a copy, never for work
  pipeline::SnapshotPtr snapshot_;
  admin::ReloadOutcome last_reload_{true, {}, {}};
  std::vector<std::string> problems_without_leaves_;  // as they were read with the snapshot: health reads no file
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<shared::Tier> shared_;    // null: this instance is alone
  std::unique_ptr<shared::Budget> budget_;  // what it shares of the limits; null: nothing
  std::unique_ptr<upkeep::History> history_;
  std::unique_ptr<upkeep::Monitor> monitor_;
  std::unique_ptr<fetch::AdmissionController> admission_;
  std::unique_ptr<client::ProxyServer> proxy_;
  std::unique_ptr<upkeep::SavingsLedger> savings_;
  std::unique_ptr<upkeep::KeyWatch> key_watch_;
  std::unique_ptr<upkeep::Optimizer> optimizer_;
  std::unique_ptr<upkeep::WarmUps> warm_ups_;
  std::unique_ptr<upkeep::Prefetcher> prefetcher_;
  std::unique_ptr<upkeep::EventFeeds> event_feeds_;
  std::unique_ptr<admin::Server> admin_;
  upkeep::Notifier notifier_{clock_};
  upkeep::Ticker ticker_;  // stopped before what it looks at goes
};

}  // namespace cachearr::app
