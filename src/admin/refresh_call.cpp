// POST /api/v1/keys/{key}/refresh: asks the upstream anew for what is stored under a key, by the requests that it was
// stored for, and within what the upstream's budget leaves. What is stored serves until the answer has come.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>

#include "admin/calls.hpp"
#include "admin/key_values.hpp"
#include "base/iso_time.hpp"
#include "fetch/errand.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using Kind = fetch::ErrandResult::Kind;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kMostVariants = 20;
constexpr std::chrono::seconds kLongestWait{3};       // few threads answer calls; what has not come by then is pending
constexpr Duration kSoon{2'000};                      // and room in the budget is waited for so long
constexpr std::chrono::milliseconds kLookEvery{200};  // whether the program ends

/// What the errands have brought so far. Shared with them: they may end after the call.
class RefreshResults {
 public:
  void put(fetch::ErrandResult result) {
    {
      const std::lock_guard lock{mutex_};
      results_.push_back(std::move(result));
    }
    came_.notify_one();
  }
  /// Waits for so many until then.
  std::vector<fetch::ErrandResult> take(std::size_t wanted, SteadyTime deadline, const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    while (results_.size() < wanted && !stop.stop_requested() && std::chrono::steady_clock::now() < deadline)
      came_.wait_for(lock, kLookEvery);
    return results_;
  }

 private:
  std::mutex mutex_;  // guards all below
  std::condition_variable came_;
  std::vector<fetch::ErrandResult> results_;
};

Json refreshed_json(const std::vector<fetch::ErrandResult>& results, std::size_t sent) {
  const auto count = [&results](Kind kind) {
    return std::count_if(results.begin(), results.end(), [kind](const auto& each) { return each.kind == kind; });
  };
  Json why = nullptr;
  TimePoint until{};
  for (const auto& each : results) {
    if (!each.why.empty()) why = each.why;
    until = std::max(until, each.at);
  }
  return {{"fetched", count(Kind::fetched)},
          {"fresh", count(Kind::fresh)},
          {"later", count(Kind::later)},
          {"leftOut", count(Kind::left_out)},
          {"failed", count(Kind::failed)},
          {"pending", sent - results.size()},
          {"until", until == TimePoint{} ? Json(nullptr) : Json(iso_time(until))},
          {"why", std::move(why)}};
}

/// The requests of what is stored under the key, as far as they are known, each on the worker that its answer falls to.
std::size_t send_all(Instance& instance, const std::vector<store::EntryPtr>& entries,
                     const std::shared_ptr<RefreshResults>& results) {
  const auto workers = instance.proxy().fetch_contexts();
  std::size_t sent = 0;
  for (const auto& entry : entries) {
    auto request = instance.proxy().request_book().find(entry->id());
    if (!request || sent == kMostVariants) continue;
    fetch::ErrandWish wish;
    wish.snapshot = instance.snapshot();
    wish.again = std::move(request);
    wish.anew = true;
    auto done = [results](fetch::ErrandResult result) { results->put(std::move(result)); };
    fetch::send_errand(*workers[entry->id().high % workers.size()], std::move(wish), std::move(done));
    ++sent;
  }
  return sent;
}

struct Refresh {
  std::size_t sent = 0;
  std::vector<fetch::ErrandResult> results;
};

Refresh refresh_all(Instance& instance, const std::vector<store::EntryPtr>& entries, SteadyTime deadline,
                    const std::stop_token& stop) {
  const auto results = std::make_shared<RefreshResults>();
  Refresh refresh;
  refresh.sent = send_all(instance, entries, results);
  refresh.results = results->take(refresh.sent, deadline, stop);
  return refresh;
}

/// When there is room for all of it, where there was none for any.
std::optional<TimePoint> room_at(const Refresh& refresh) {
  if (refresh.results.empty() || refresh.results.size() < refresh.sent) return std::nullopt;
  TimePoint at{};
  for (const auto& each : refresh.results) {
    if (each.kind != Kind::later) return std::nullopt;
    at = std::max(at, each.at);
  }
  return at;
}

/// False where the program ends before.
bool wait_for(Duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock{mutex};
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

Answer refresh_key(Instance& instance, const Call& call) {
  const auto entries = entries_of(instance.store(), call.captures.front(), instance.clock().now());
  if (entries.empty()) return problem(404, "nothing is stored under this key");
  const auto deadline = std::chrono::steady_clock::now() + kLongestWait;
  auto refresh = refresh_all(instance, entries, deadline, call.stop);
  // Background fetches are paced, so that a person who acts twice would meet a budget that is far from empty.
  const auto at = room_at(refresh);
  const auto pause = at ? *at - instance.clock().now() : Duration::max();
  if (pause <= kSoon && wait_for(std::max(pause, Duration{0}), call.stop))
    refresh = refresh_all(instance, entries, deadline, call.stop);
  if (refresh.sent == 0)
    return problem(409,
                   "the request that this was stored for is not known any more; mark it stale, and the next one "
                   "fetches it");
  return json_answer(refreshed_json(refresh.results, refresh.sent));
}

}  // namespace

void add_refresh_call(Router& router, Instance& instance) {
  router.add({http::Method::post,
              "/api/v1/keys/{}/refresh",
              {Access::key, Effect::json},
              [&instance](const Call& call) { return refresh_key(instance, call); },
              Runs::in_pool,
              {.summary = "asks the upstream anew for what is stored under the key",
               .answer = "Refreshed",
               .body = "Nothing",
               .failures = {404, 409}}});
}

}  // namespace cachearr::admin
