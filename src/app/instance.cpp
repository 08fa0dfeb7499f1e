#include "app/instance.hpp"

#include <algorithm>
#include <chrono>

#include "admin/gather.hpp"
#include "app/authority_notes.hpp"
#include "app/backup/import.hpp"
#include "app/exit_code.hpp"
#include "app/interception.hpp"
#include "app/load_rules.hpp"
#include "app/reload_changes.hpp"
#include "app/shared_budget.hpp"
#include "app/shared_tier.hpp"
#include "app/state_files.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "upkeep/interception_health.hpp"
#include "upkeep/notify/alert_notification.hpp"
#include "upkeep/notify/job_notification.hpp"

namespace cachearr::app {

namespace {

constexpr std::size_t kApiKeyBytes = 16;  // 32 hexadecimal digits, as the *arr applications' keys
constexpr std::size_t kSecretBytes = 32;
/// What calls of the API have at the end, also where requests took all of the grace.
constexpr Duration kLeastForCalls{1'000};

StartFailure unavailable(const std::string& what) { return {exit_unavailable, {Problem{{}, what}}}; }

std::string name_of_authority(const pipeline::ConfigSnapshot& snapshot) {
  return snapshot.leaves ? snapshot.leaves->authority().name() : "none";
}

}  // namespace

Instance::Instance(ConfigSources sources, std::vector<systemd::InheritedSocket> sockets)
    : sources_{std::move(sources)}, sockets_{std::move(sockets)}, started_{clock_.now()} {}
Instance::~Instance() = default;

std::optional<pipeline::ConfigSnapshot> Instance::read_snapshot(Problems& problems, const Config* in_force,
                                                                std::vector<std::string>& changes) const {
  auto config = load_config(sources_, problems);
  if (!config) return std::nullopt;
  systemd::assign_sockets(sockets_, *config);
  pipeline::ConfigSnapshot snapshot;
  snapshot.rules = load_rules(*config, problems);
  if (in_force != nullptr) {
    changes = setting_changes(*in_force, *config);
    keep_start_settings(*in_force, *config);
  }
  snapshot.settings = pipeline::compile_settings(*config, problems);
  if (auto unusable = authority_problem(*config)) problems.push_back({{}, std::move(*unusable)});
  if (!snapshot.settings || !snapshot.rules || !problems.empty()) return std::nullopt;
  return snapshot;
}

std::optional<StartFailure> Instance::start() {
  Problems problems;
  std::vector<std::string> none;
  auto first = read_snapshot(problems, nullptr, none);
  if (!first) return StartFailure{exit_configuration, std::move(problems)};
  const auto settings = first->settings;
  const auto& config = settings->config;
  log::start(log::level_of(config.log.level), config.log.json);
  if (const auto problem = prepare_state_directory(config.state_dir)) return unavailable(problem->what);
  if (const auto problem = check_directory(config.disk_path)) return unavailable(problem->what);
  const auto secret = read_or_make_secret(config.state_dir + "/secret", kSecretBytes);
  if (!secret) return unavailable(secret.error().what);
  const auto common = shared_secret(config.shared);
  if (!common) return StartFailure{exit_configuration, {{{}, common.error().what}}};
  secret_ = common->value_or(*secret);  // identities have to be the same for all who share
  api_key_ = config.admin.api_key;
  if (api_key_.empty()) {
    const auto key = read_or_make_secret(config.state_dir + "/api_key", kApiKeyBytes);
    if (!key) return unavailable(key.error().what);
    api_key_ = *key;
  }
  if (auto failure = open_store(config)) return failure;
  auto tier = make_shared_tier(config.shared, {secret_, *secret}, *store_, clock_, contexts_);
  if (!tier) return unavailable(tier.error().what);
  shared_ = std::move(tier).value();
  admission_ = std::make_unique<fetch::AdmissionController>(clock_, *store_);
  admission_->configure(*first->rules);
  admission_->restore();
  budget_ = make_shared_budget(config.shared, shared_.get(), *store_, clock_, *admission_);
  prepare_tls(*first, nullptr);
  snapshot_ = pipeline::make_snapshot(*first);
  const client::ProxyServerParts parts{
      clock_,    *store_,         contexts_, secret_, "cachearr-" + to_hex(hash128(*secret + "loop")).substr(0, 12),
      snapshot_, admission_.get()};
  proxy_ = std::make_unique<client::ProxyServer>(parts);
  proxy_->shared().tier = shared_.get();
  prepare_upkeep();
  prepare_jobs();
  plan_upkeep();
  if (auto failure = open_listeners(config)) return failure;
  notifier_.keep_in(*store_);
  notifier_.configure(config.notifications);
  notifier_.start();
  event_feeds_->forget(*snapshot_->rules);
  event_feeds_->configure(snapshot_);
  event_feeds_->start();
  admission_->start();
  if (shared_) shared_->start([this] { return card(); });
  proxy_->start();
  admin_->start();
  ticker_.start();
  start_jobs();
  return std::nullopt;
}

void Instance::prepare_upkeep() {
  savings_ = std::make_unique<upkeep::SavingsLedger>(proxy_->metrics(), *store_, clock_);
  savings_->restore();
  const auto current = [this] { return snapshot(); };
  key_watch_ = std::make_unique<upkeep::KeyWatch>(*store_, current, clock_);
  optimizer_ = std::make_unique<upkeep::Optimizer>(*key_watch_, *store_, current, clock_);
  optimizer_->restore();
  if (snapshot_->settings->config.cache.optimizer != OptimizerMode::off) optimizer_->carry_over(*snapshot_);
  event_feeds_ = std::make_unique<upkeep::EventFeeds>(*store_, shared_.get(), clock_, proxy_->dial_settings());
  ticker_.every(std::chrono::seconds{1}, "the windows of writes", [this] {
    for (const auto& due : proxy_->shared().windows.due(clock_.now())) {
      store::tell_tier(shared_.get(), due.what, due.shared);
      store_->invalidate_soon(due.what);
    }
  });
  ticker_.every(upkeep::SavingsLedger::kFoldEvery, "the ledger of savings", [this] { savings_->fold(); });
  ticker_.every(upkeep::Optimizer::kLookEvery, "the optimizer", [this] { optimizer_->tick(); });
  ticker_.every(std::chrono::seconds{1}, "the lists of keys", [this] { key_watch_->tick(); });
}

void Instance::prepare_jobs() {
  const auto current = [this] { return snapshot(); };
  const auto send = upkeep::send_to(proxy_->fetch_contexts());
  const auto count = [worker = proxy_->fetch_contexts().front()](metrics::Prefetch result, std::uint64_t by) {
    worker->loop.post([worker, result, by] { worker->cells.prefetches[static_cast<std::size_t>(result)].add(by); });
  };
  const auto warm_up = [this](const std::vector<std::string>& patterns) {
    warm_ups_->begin({"all", {}, patterns}, "schedule");
  };
  warm_ups_ =
      std::make_unique<upkeep::WarmUps>(upkeep::WarmUps::Parts{*store_, clock_, current, proxy_->request_book(), send});
  prefetcher_ = std::make_unique<upkeep::Prefetcher>(
      upkeep::Prefetcher::Parts{*store_, clock_, current, proxy_->request_book(), send, count, warm_up});
  warm_ups_->restore();
  warm_ups_->observe([this](const upkeep::WarmJob& job) { notifier_.publish(upkeep::notification_of(job)); });
}

/// What is to be warmed up at the start, unless that is under way since before it.
void Instance::start_jobs() {
  const auto current = snapshot();
  const auto& cache = current->settings->config.cache;
  std::vector<std::string> patterns;
  for (const auto& entry : cache.prefetch)
    if (entry.trigger == PrefetchConfig::Trigger::startup)
      patterns.insert(patterns.end(), entry.patterns.begin(), entry.patterns.end());
  if (cache.warmup_on_startup && !patterns.empty()) warm_ups_->begin({"all", {}, patterns}, "startup");
  warm_ups_->start();
  prefetcher_->start();
}

void Instance::prepare_tls(pipeline::ConfigSnapshot& next, const LeavesPtr& current) {
  const auto& config = next.settings->config;
  next.leaves = load_leaves(config, *next.rules, clock_, current);
  contexts_.reset(next.leaves ? next.leaves->authority().fingerprint() : std::string{});
  // Reading the system's certificates takes a while: now, and not with the first request.
  const auto roots = contexts_.get({});
  if (!roots) log::warning("no certificate of an upstream can be checked: " + roots.error().what);
  auto problems = app::interception_problems(config, *next.rules, next.leaves.get(), clock_.now());
  log_interception(*next.rules, next.leaves.get(), problems);
  const std::lock_guard lock{mutex_};
  problems_without_leaves_ = next.leaves ? std::vector<std::string>{} : std::move(problems);
}

std::optional<StartFailure> Instance::open_store(const Config& config) {
  store::StoreOptions options;
  options.memory_max = config.memory_max_bytes;
  options.disk_path = config.disk_path;
  options.disk_max = config.disk_max_bytes;
  options.compression = config.cache.compression;
  auto opened = store::make_store(options, clock_);
  if (!opened) return unavailable(opened.error().what);
  store_ = std::move(*opened);
  backup::take_imported_states(config.state_dir, *store_, clock_.now());
  history_ = std::make_unique<upkeep::History>(*store_);
  history_->restore(clock_.now());
  monitor_ = std::make_unique<upkeep::Monitor>(*store_);
  monitor_->restore();
  return std::nullopt;
}

void Instance::plan_upkeep() {
  constexpr Duration second{1000}, ten_seconds{10'000};
  constexpr int every_minute = 6;
  ticker_.every(second, "the history", [this] {
    const auto now = clock_.now();
    if (history_->is_due(now)) history_->record(admin::totals_since_start(*this), now);
  });
  monitor_->observe(
      [this](const upkeep::AlertChange& change) { notifier_.publish(upkeep::notification_of(change, clock_.now())); });
  ticker_.every(ten_seconds, "the watch", [this, looks = 0]() mutable { look_around(looks++ % every_minute == 0); });
}

void Instance::look_around(bool closely) {
  const std::lock_guard one_at_a_time{look_mutex_};
  if (closely) slow_ = admin::slow_alert_inputs(*this);
  auto inputs = admin::quick_alert_inputs(*this);
  inputs.slow = slow_;
  const auto current = snapshot();
  monitor_->run(inputs, admin::alert_thresholds(current->settings->config.cache), clock_.now());
  systemd::notify_status(status());
}

std::string Instance::status() {
  const auto health = upkeep::evaluate(admin::health_inputs(*this));
  std::string text{name_of(health.level)};
  if (!health.notes.empty()) text += ": " + health.message();
  return text + "; serving " + addresses();
}

std::optional<StartFailure> Instance::open_listeners(const Config& config) {
  const auto listening = proxy_->listen();
  if (!listening) return unavailable(listening.error().what);
  admin_ = std::make_unique<admin::Server>(*this);
  const auto admin = admin_->listen(config.admin.address, admin_socket_path(config.state_dir), config.admin.inherited);
  if (!admin) return unavailable(admin.error().what);
  if (!admin_->address().empty()) proxy_->never_dial(admin_->address());
  return std::nullopt;
}

std::string Instance::addresses() const {
  std::string text;
  const auto current = snapshot();
  const auto& listeners = current->settings->config.listeners;  // as they were opened: reloads keep them
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    text += (text.empty() ? "" : ", ") + proxy_->addresses()[i] + " (" +
            (listeners[i].upstream.empty() ? "proxy" : listeners[i].upstream) + (listeners[i].tls ? ", TLS)" : ")");
  }
  if (!admin_->address().empty()) text += (text.empty() ? "" : ", ") + admin_->address() + " (admin)";
  return text;
}

shared::Member Instance::card() const {
  shared::Member self;
  std::string files;
  for (const auto& [name, hash] : snapshot()->rules->files()) files += to_hex(hash);
  self.version = CACHEARR_VERSION;
  self.address = proxy_->forward_address();
  self.rules = to_hex(hash128(self.version + files)).substr(0, 8);
  return self;
}

std::string Instance::shared_problem() const { return app::shared_problem(snapshot()->settings->config.shared); }

bool Instance::stop() {
  const auto grace = snapshot()->settings->config.timeouts.shutdown_grace;
  const auto begun = std::chrono::steady_clock::now();
  prefetcher_->stop();
  warm_ups_->stop();
  const bool all = proxy_->drain(grace);
  if (!all) log::warning("some requests were still under way when the time for shutting down was over");
  ticker_.stop();
  history_->finish(admin::totals_since_start(*this), clock_.now());
  notifier_.stop();  // a call may wait for it
  event_feeds_->stop();
  const auto spent = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun);
  const bool all_calls = admin_->stop(std::max(grace - spent, kLeastForCalls));
  savings_->fold();
  if (budget_) budget_->say_goodbye();
  if (!all_calls) {
    log::warning("a call of the API was still under way when the time for shutting down was over");
    admission_->stop();
    store_->flush();
    return false;
  }
  if (shared_) shared_->stop();
  proxy_.reset();
  admin_.reset();
  admission_->stop();
  shared_.reset();
  budget_.reset();
  store_.reset();
  return true;
}

pipeline::SnapshotPtr Instance::snapshot() const {
  const std::lock_guard lock{mutex_};
  return snapshot_;
}

admin::ReloadOutcome Instance::last_reload() const {
  const std::lock_guard lock{mutex_};
  return last_reload_;
}

admin::ReloadOutcome Instance::reload() {
  const std::lock_guard one_at_a_time{reload_mutex_};
  admin::ReloadOutcome outcome;
  const auto before = snapshot();
  auto next = read_snapshot(outcome.problems, &before->settings->config, outcome.changes);
  outcome.taken = next.has_value();
  if (next) {
    auto changes = rule_changes(*before->rules, *next->rules);
    outcome.changes.insert(outcome.changes.begin(), changes.begin(), changes.end());
    const auto ended = ended_modes(*before->rules, *before->modes);
    outcome.changes.insert(outcome.changes.end(), ended.begin(), ended.end());
    apply(*std::move(next), outcome.changes);
    log::info("reloaded configuration and rules");
  } else {
    outcome.changes.clear();
    for (const auto& problem : outcome.problems) log::error("reload refused: " + to_string(problem));
  }
  outcome.at = clock_.now();
  {
    const std::lock_guard lock{mutex_};
    last_reload_ = outcome;
  }
  look_around(true);
  return outcome;
}

std::shared_ptr<const rules::RuleSet> Instance::rules_with(const rules::FileTexts& instead, Problems& problems) const {
  return load_rules(snapshot()->settings->config, problems, instead);
}

void Instance::apply(pipeline::ConfigSnapshot parts, std::vector<std::string>& changes) {
  const auto before = snapshot();
  prepare_tls(parts, before->leaves);
  const auto old_name = name_of_authority(*before), new_name = name_of_authority(parts);
  if (old_name != new_name) changes.push_back("local authority: " + old_name + " before, " + new_name + " now");
  const auto lifted = proxy_->intercept_bypass().list(clock_.now()).size();
  if (lifted > 0)
    changes.push_back("interception: " + std::to_string(lifted) +
                      (lifted == 1 ? " client that was left alone is" : " clients that were left alone are") +
                      " intercepted again");
  const auto next = pipeline::make_snapshot(std::move(parts));
  optimizer_->carry_over(*next);
  next->feeds->carry_over(*next->rules, *before->feeds, *before->rules);
  {
    const std::lock_guard lock{mutex_};
    snapshot_ = next;
  }
  const auto& config = next->settings->config;
  admission_->configure(*next->rules);
  store_->set_compression(config.cache.compression);
  proxy_->apply(next);
  notifier_.configure(config.notifications);
  event_feeds_->configure(next);
  log::set_level(log::level_of(config.log.level));
}

std::vector<std::string> Instance::interception_problems() const {
  const auto current = snapshot();
  if (current->leaves) return upkeep::problems_of(current->leaves->authority(), *current->rules, clock_.now());
  const std::lock_guard lock{mutex_};
  return problems_without_leaves_;
}

}  // namespace cachearr::app
