#include "upkeep/health.hpp"

#include <algorithm>
#include <utility>

#include "base/iso_time.hpp"
#include "base/units.hpp"
#include "http/date.hpp"
#include "upkeep/shared_health.hpp"

namespace cachearr::upkeep {

namespace {

using Level = HealthStatus::Level;
using Severity = HealthNote::Severity;
using Notes = std::vector<HealthNote>;

constexpr int kCrowdedPercent = 75, kFullPercent = 90;
constexpr std::int64_t kStuckMs = 5000;

void note_workers(const HealthInputs& inputs, Notes& notes) {
  const auto& lags = inputs.worker_lags_ms;
  const auto stuck = std::count_if(lags.begin(), lags.end(), is_stuck);
  if (stuck == 0) return;
  const auto longest = *std::max_element(lags.begin(), lags.end());
  notes.push_back({Severity::error, "Workers",
                   std::to_string(stuck) + " of " + std::to_string(lags.size()) + " workers have answered nobody for " +
                       std::to_string(longest / 1000) + " s"});
}

void note_tier(std::string_view name, const store::TierStats& tier, Notes& notes) {
  const auto percent = percent_used(tier);
  if (percent <= kCrowdedPercent) return;
  notes.push_back({percent > kFullPercent ? Severity::error : Severity::warning, "Store",
                   "the " + std::string{name} + " tier holds " + std::to_string(percent) + " % of its " +
                       format_size(tier.max_bytes) + "; above " + std::to_string(kCrowdedPercent) +
                       " % answers may be evicted before they expire"});
}

void note_store(const HealthInputs& inputs, Notes& notes) {
  note_tier("memory", inputs.store.memory, notes);
  note_tier("disk", inputs.store.disk, notes);
  if (inputs.store.disk_problem.empty()) return;
  notes.push_back(
      {Severity::error, "Store", "the disk tier is not in use as it should be: " + inputs.store.disk_problem, "store"});
}

void note_interception(const HealthInputs& inputs, Notes& notes) {
  for (const auto& problem : inputs.interception_problems)
    notes.push_back({Severity::warning, "Interception", problem});
  for (const auto& [client, host, until] : inputs.bypassed) {
    auto note = client;
    note.append(" does not believe the local authority's certificate for ").append(host);
    note.append(" and gets it untouched and uncached until ").append(http::format_date(until));
    note.append(": let it trust the authority (\"cachearr ca trust-help\"), then \"cachearr reload\"");
    notes.push_back({Severity::notice, "Interception", std::move(note)});
  }
}

void note_reload(const HealthInputs& inputs, Notes& notes) {
  if (!inputs.refused_reload) return;
  notes.push_back(
      {Severity::error,
       "Reload",
       "the last reload was refused, the old configuration and rules are in force: " + *inputs.refused_reload,
       "rules",
       {},
       inputs.reload_refused_at});
}

void note_operator(const UpstreamStatus& upstream, Notes& notes) {
  constexpr const char* until = " until somebody changes that, or the next reload or restart";
  if (upstream.paused_by_operator)
    notes.push_back(
        {Severity::notice, "Upstreams",
         upstream.name + " is paused by hand: what is stored is served, and nothing is sent there" + until});
  if (!upstream.mode_of_rules.empty())
    notes.push_back(
        {Severity::notice, "Upstreams",
         upstream.name + " is set by hand to " + upstream.mode + " instead of " + upstream.mode_of_rules + until});
}

/// What is stored without a feed lives shortly: nobody is served anything wrong, but more is asked.
void note_feed(const UpstreamStatus& upstream, TimePoint now, Notes& notes) {
  constexpr Duration patience{60'000};
  const auto& feed = upstream.events;
  if (!feed || is_up(feed->phase) || feed->phase == FeedPhase::off) return;
  if (!feed->unreadable_key && now - feed->since < patience) return;
  notes.push_back({Severity::warning, "Upstreams",
                   "the event feed of " + upstream.name + " is down since " + iso_time(feed->since) +
                       ", so its answers are kept for a short time only: " +
                       (feed->last_error.empty() ? "the hub has not answered yet" : feed->last_error),
                   "event-feed", upstream.name, feed->since});
}

/// A breaker that is half open lets one request through to find out; until somebody has been answered, it is down. What
/// was on its way when it opened may have been answered since.
void note_breaker(const UpstreamStatus& upstream, Notes& notes) {
  const auto& limits = upstream.limits;
  const bool is_open = limits.breaker == limit::BreakerState::open && limits.breaker_until;
  const bool fails_yet = limits.breaker == limit::BreakerState::half_open && limits.failures_in_a_row > 0;
  if (!is_open && !fails_yet) return;
  notes.push_back({Severity::warning, "Upstreams",
                   upstream.name + " has failed " + std::to_string(limits.failures_in_a_row) + " times in a row: " +
                       (is_open ? "nothing is sent there until " + iso_time(*limits.breaker_until)
                                : std::string{"one request at a time tries it"}),
                   "upstream-down", upstream.name, limits.breaker_since});
}

void note_limits(const UpstreamStatus& upstream, TimePoint now, Notes& notes) {
  if (const auto* const paused = upstream.paused())
    notes.push_back({Severity::notice, "Upstreams",
                     upstream.name + " has asked for a pause (" + paused->cooldown_why +
                         "): nothing is sent there until " + iso_time(*paused->cooldown_until),
                     "cooldown", upstream.name, paused->cooldown_since});
  note_breaker(upstream, notes);
  for (const auto& quota : upstream.quotas())
    if (quota.remaining == 0 && quota.reset > now)
      notes.push_back({Severity::notice, "Upstreams",
                       "the quota of " + upstream.name + " (" + std::to_string(quota.limit) + " a " +
                           period_name(quota.per) + ") is used up; more from " + iso_time(quota.reset),
                       "quota-spent", upstream.name});
}

int rank(Severity severity) noexcept { return -static_cast<int>(severity); }

}  // namespace

std::string_view name_of(Level level) noexcept {
  switch (level) {
    case Level::healthy: return "healthy";
    case Level::degraded: return "degraded";
    case Level::down: break;
  }
  return "down";
}

std::string_view name_of(Severity severity) noexcept {
  switch (severity) {
    case Severity::notice: return "notice";
    case Severity::warning: return "warning";
    case Severity::error: break;
  }
  return "error";
}

bool is_stuck(std::int64_t lag_ms) noexcept { return lag_ms > kStuckMs; }

int percent_used(const store::TierStats& tier) noexcept {
  if (tier.max_bytes == 0) return 0;
  return static_cast<int>(static_cast<double>(tier.bytes) * 100 / static_cast<double>(tier.max_bytes));
}

std::string HealthStatus::message() const {
  std::string text;
  for (const auto& note : notes) text += (text.empty() ? "" : "; ") + note.message;
  return text.empty() ? "everything is as it should be" : text;
}

HealthStatus evaluate(const HealthInputs& inputs) {
  HealthStatus status;
  auto& notes = status.notes;
  note_workers(inputs, notes);
  note_store(inputs, notes);
  note_interception(inputs, notes);
  note_reload(inputs, notes);
  note_shared(inputs, notes);
  for (const auto& upstream : inputs.upstreams) {
    note_operator(upstream, notes);
    note_limits(upstream, inputs.now, notes);
    note_feed(upstream, inputs.now, notes);
  }
  std::stable_sort(notes.begin(), notes.end(),
                   [](const HealthNote& a, const HealthNote& b) { return rank(a.severity) < rank(b.severity); });
  const auto& lags = inputs.worker_lags_ms;
  const bool troubled =
      std::any_of(notes.begin(), notes.end(), [](const auto& note) { return note.severity != Severity::notice; });
  if (troubled) status.level = Level::degraded;
  if (std::any_of(lags.begin(), lags.end(), is_stuck)) status.level = Level::down;
  return status;
}

}  // namespace cachearr::upkeep
