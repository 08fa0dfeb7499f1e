// POST /api/v1/keys/{key}/refresh: asks the upstream anew for what is stored under a key, by the requests that it was
// stored for, and within what the upstream's budget leaves. What is stored serves until the answer has come.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/key_values.hpp"
#include "base/iso_time.hpp"
#include "fetch/errand.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using Kind = fetch::ErrandResult::Kind;

constexpr std::size_t kMostVariants = 20;
constexpr std::chrono::seconds kLongestWait{3};       // few threads answer calls; what has not come by then is pending
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
  /// Waits for so many, but not for ever.
  std::vector<fetch::ErrandResult> take(std::size_t wanted, const std::stop_token& stop) {
    const auto deadline = std::chrono::steady_clock::now() + kLongestWait;
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

Answer refresh_key(Instance& instance, const Call& call) {
  const auto entries = entries_of(instance.store(), call.captures.front(), instance.clock().now());
  if (entries.empty()) return problem(404, "nothing is stored under this key");
  const auto results = std::make_shared<RefreshResults>();
  const auto sent = send_all(instance, entries, results);
  if (sent == 0)
    return problem(409,
                   "the request that this was stored for is not known any more; mark it stale, and the next one "
                   "fetches it");
  return json_answer(refreshed_json(results->take(sent, call.stop), sent));
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
