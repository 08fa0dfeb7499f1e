// An instance that serves nobody, and its admin API called without a socket.
#pragma once

#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "admin/api.hpp"
#include "authority/client_context.hpp"
#include "unit/admin/disk_double.hpp"
#include "unit/pipeline/heads.hpp"
#include "unit/pipeline/snapshots.hpp"

namespace cachearr::admin::test {

inline constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";

class QuietInstance : public Instance {
 public:
  explicit QuietInstance(Config config = {}, std::string_view rules = "{}")
      : snapshot_{cachearr::test::snapshot_of(rules, std::move(config))} {}

  client::ProxyServer& proxy() override { return proxy_; }
  store::Store& store() override { return store_; }
  upkeep::Notifier& notifier() override { return notifier_; }
  const Clock& clock() const override { return clock_; }
  pipeline::SnapshotPtr snapshot() const override { return snapshot_; }
  const std::string& api_key() const override { return key_; }
  TimePoint started() const override { return TimePoint{Duration{1'700'000'000'000}}; }
  ReloadOutcome reload() override {
    ++reloads;
    if (during_reload) during_reload();
    return outcome;
  }
  std::shared_ptr<const rules::RuleSet> rules_with(const rules::FileTexts& instead, Problems& problems) const override {
    return rules::load({snapshot_->settings->config.rules, true, {}, {}, instead}, problems);
  }
  ReloadOutcome last_reload() const override { return outcome; }
  Result<std::string> export_archive(const std::string& passphrase) override {
    exported_with = passphrase;
    return std::string{"an export"};
  }
  Result<ImportOutcome, ImportRefusal> import_archive(std::string_view archive, const std::string& passphrase,
                                                      bool only_check) override {
    if (archive == "wrong rules")
      return ImportRefusal{Error{"they are wrong"}, {{{"mine.json", 3, 7}, "no such member"}}};
    if (archive != "an export") return ImportRefusal{Error{"this is no export"}};
    return ImportOutcome{"1.0", "2026", {passphrase}, {only_check ? "checked" : "put"}, {}};
  }
  std::vector<std::string> interception_problems() const override { return interception_problems_; }
  upkeep::History& history() override { return history_; }
  upkeep::Monitor& monitor() override { return monitor_; }
  upkeep::SavingsLedger& savings() override { return savings_; }
  upkeep::KeyWatch& key_watch() override { return key_watch_; }
  upkeep::Optimizer& optimizer() override { return optimizer_; }
  upkeep::WarmUps& warm_ups() override { return warm_ups_; }
  upkeep::Prefetcher& prefetcher() override { return prefetcher_; }
  upkeep::EventFeeds& event_feeds() override { return event_feeds_; }

  ManualClock clock_;
  upkeep::Notifier notifier_{clock_};
  ReloadOutcome outcome{true, {}, {}};
  std::atomic<int> reloads = 0;
  std::string exported_with;
  std::function<void()> during_reload;
  std::vector<std::string> interception_problems_;
  DiskDouble store_{clock_};
  upkeep::History history_{store_};
  upkeep::Monitor monitor_{store_};

 private:
  std::string key_{kKey};
  pipeline::SnapshotPtr snapshot_;
  authority::ClientContexts contexts_;
  client::ProxyServer proxy_{client::ProxyServerParts{clock_, store_, contexts_, "secret", "token", snapshot_}};
  upkeep::SavingsLedger savings_{proxy_.metrics(), store_, clock_};
  upkeep::KeyWatch key_watch_{store_, [this] { return snapshot_; }, clock_};
  upkeep::Optimizer optimizer_{key_watch_, store_, [this] { return snapshot_; }, clock_};
  upkeep::WarmUps warm_ups_{{store_, clock_, [this] { return snapshot_; }, proxy_.request_book(), [](auto, auto) {}}};
  upkeep::Prefetcher prefetcher_{{store_, clock_, [this] { return snapshot_; }, proxy_.request_book(),
                                  [](auto, auto) {}, [](auto, auto) {}, [](const auto&) {}}};
  upkeep::EventFeeds event_feeds_{store_, nullptr, clock_, proxy_.dial_settings()};
};

/// "METHOD target" with field lines, as a client on the network or on the Unix socket sends it.
class Called : public ::testing::Test {
 protected:
  explicit Called(std::string_view rules = "{}") : instance_{Config{}, rules} {}
  static std::string key_line() { return "X-Api-Key: " + std::string{kKey} + "\r\n"; }

  Answer call(std::string_view start, std::string_view lines = "", std::string_view body = "",
              std::string_view host = "127.0.0.1:9798", bool local = false) {
    auto fields = "Host: " + std::string{host} + "\r\n" + std::string{lines};
    if (!body.empty()) fields += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    const cachearr::test::Asked asked{start, fields};
    auto admitted = api_.admit(asked.head, asked.framing, local);
    return admitted ? api_.run(*admitted, body, {}) : admitted.error();
  }
  /// With the key, and JSON where there is a body.
  Answer ask(std::string_view start, std::string_view body = "") {
    return call(start, key_line() + (body.empty() ? "" : "Content-Type: application/json\r\n"), body);
  }
  nlohmann::json data(std::string_view start, std::string_view body = "", int status = 200) {
    const auto answer = ask(start, body);
    EXPECT_EQ(answer.status, status) << start << ": " << answer.content();
    return nlohmann::json::parse(answer.content(), nullptr, false);
  }

  QuietInstance instance_;
  Api api_{instance_};
};

}  // namespace cachearr::admin::test
