#include "upkeep/jobs/prefetcher.hpp"

#include <array>
#include <gmock/gmock.h>

#include "unit/pipeline/snapshots.hpp"

namespace cachearr::upkeep {
namespace {

using Kind = fetch::ErrandResult::Kind;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kPrefetchRules = R"({
  "upstreams": {"up": {"hosts": ["up.test"]}},
  "rules": [{"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "15m", "key": "series:{id}"}]})";

class PrefetcherTest : public ::testing::Test {
 protected:
  PrefetcherTest() { prefetcher_.step(); }

  /// Stored now for a quarter of an hour; a client asked for it, or we did.
  void store(const std::string& key, std::uint32_t hits, bool by_client) {
    const auto id = hash128(key);
    const std::array<std::string_view, 1> body{"body"};
    store::EntryParts parts;
    parts.id = id;
    parts.identity = parts.key = key;
    parts.upstream = "up";
    parts.body = body;
    parts.hits = hits;
    parts.meta.stored_ms = clock_.now().time_since_epoch().count();
    parts.meta.fresh_until_ms = (clock_.now() + minutes{15}).time_since_epoch().count();
    parts.meta.status = 200;
    const auto entry = store::make_entry(parts);
    store_->put(entry);
    pipeline::RequestContext context;
    context.snapshot = snapshot_;
    context.verdict = {snapshot_->rules->upstream_named("up"), snapshot_->rules->rules().front().get()};
    constexpr std::string_view head = "GET /tv/1 HTTP/1.1\r\n\r\n";
    context.request.head.method = http::Method::get;
    context.request.head.method_text = head.substr(0, 3);
    context.request.own(head);
    book_.remember(context, *entry, by_client);
  }
  void hit(const std::string& key, int times = 1) {
    const auto entry = store_->find(hash128(key), key);
    for (int i = 0; i < times; ++i) entry->count_hit();
  }
  /// In its second life, and asked for often in both.
  void store_much_asked(const std::string& key, int asks = 20) {
    store(key, 0, true);
    hit(key, asks);
    store(key, static_cast<std::uint32_t>(asks), false);
    hit(key, asks);
  }
  void pass(Duration time) {
    clock_.advance(time);
    prefetcher_.step();
  }
  /// Through a round, and on until what was stored before is due.
  void pass_to_the_end() {
    pass(minutes{10});
    pass(minutes{4} + seconds{20});
  }
  /// Ends the errand that waits, and stores what it brought.
  std::string answer(Kind kind) {
    if (sent_.empty()) return {};
    auto [wish, done] = std::move(sent_.front());
    sent_.erase(sent_.begin());
    const auto entry = store_->find(hash128(wish.target), wish.target);
    if (kind == Kind::fetched) store(wish.target, entry->hits(), false);
    done({kind, clock_.now() + minutes{1}, {}, {}, {}});
    prefetcher_.step();
    return wish.target;
  }
  std::uint64_t counted(metrics::Prefetch result) { return counts_[static_cast<std::size_t>(result)]; }

  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1024 * 1024, clock_);
  pipeline::SnapshotPtr snapshot_ = test::snapshot_of(kPrefetchRules);
  fetch::RequestBook book_;
  std::vector<std::pair<fetch::ErrandWish, fetch::ErrandDone>> sent_;
  std::array<std::uint64_t, static_cast<std::size_t>(metrics::Prefetch::count)> counts_{};
  Prefetcher prefetcher_{{*store_, clock_, [this] { return snapshot_; }, book_,
                          [this](auto wish, auto done) { sent_.emplace_back(std::move(wish), std::move(done)); },
                          [this](auto result, auto by) { counts_[static_cast<std::size_t>(result)] += by; },
                          [](const auto&) {}}};
};

TEST_F(PrefetcherTest, AsksForWhatIsUsedBeforeItsEndOneAfterAnother) {
  store_much_asked("series:1", 21);
  store_much_asked("series:2", 20);
  pass(minutes{10});
  EXPECT_EQ(prefetcher_.status().last_taken, 2U);
  EXPECT_TRUE(sent_.empty()) << "not before its end is near";
  pass(minutes{4} + seconds{20});
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_TRUE(sent_[0].first.anew);
  EXPECT_TRUE(sent_[0].first.again);
  EXPECT_EQ(answer(Kind::fetched), "series:1") << "the more used";
  EXPECT_EQ(answer(Kind::fetched), "series:2");
  EXPECT_EQ(prefetcher_.status().watched, 2U);
}

TEST_F(PrefetcherTest, AsksForNothingThatHasBegunAnotherLifeMeanwhile) {
  store_much_asked("series:1");
  store_much_asked("series:2");
  pass(minutes{10});
  store("series:1", 40, true);
  pass(minutes{4} + seconds{20});
  EXPECT_EQ(answer(Kind::fetched), "series:2");
  EXPECT_TRUE(sent_.empty());
}

TEST_F(PrefetcherTest, AsksForTheLifeThatHasBegunMeanwhileThoughTheOneBeforeStillWaits) {
  store_much_asked("series:1");
  pass(minutes{10});
  clock_.advance(minutes{4} + seconds{10});
  store("series:1", 40, true);
  hit("series:1", 20);
  // The end of the first life comes only after the round that takes the second.
  pass(minutes{5} + seconds{50});
  EXPECT_EQ(prefetcher_.status().last_taken, 1U);
  pass(minutes{8} + seconds{30});
  EXPECT_EQ(answer(Kind::fetched), "series:1");
}

TEST_F(PrefetcherTest, TellsWhatWasOfUse) {
  for (const auto* const key : {"series:1", "series:2"}) store_much_asked(key);
  pass_to_the_end();
  answer(Kind::fetched), answer(Kind::fetched);
  hit("series:1");
  pass(seconds{2});
  EXPECT_EQ(counted(metrics::Prefetch::useful), 1U);
  EXPECT_EQ(counted(metrics::Prefetch::useless), 0U) << "its time is not over";
  pass(minutes{16});
  EXPECT_EQ(counted(metrics::Prefetch::useless), 1U);
  const auto worths = prefetcher_.status().worths;
  EXPECT_EQ(worths.at({"up", "tv"}).useful(), 1U);
  EXPECT_EQ(worths.at({"up", "tv"}).useless(), 1U);
}

TEST_F(PrefetcherTest, LetsGoOfTheRoundWhereTheBudgetLeavesNothing) {
  for (const auto* const key : {"series:1", "series:2", "series:3"}) store_much_asked(key);
  pass_to_the_end();
  answer(Kind::later);
  EXPECT_TRUE(sent_.empty());
  EXPECT_EQ(counted(metrics::Prefetch::denied), 3U);
  pass(seconds{10});
  EXPECT_TRUE(sent_.empty()) << "not before the next round";
}

TEST_F(PrefetcherTest, EndsByItselfWhereNothingIsUsed) {
  for (int i = 0; i < 25; ++i) store_much_asked("series:" + std::to_string(i));
  pass_to_the_end();
  while (!answer(Kind::fetched).empty()) {}
  pass(minutes{16});
  EXPECT_EQ(counted(metrics::Prefetch::useless), 25U);
  EXPECT_TRUE(prefetcher_.status().worths.at({"up", "tv"}).is_ended(clock_.now()));
  store_much_asked("series:new");
  pass_to_the_end();
  EXPECT_TRUE(sent_.empty());
  EXPECT_EQ(prefetcher_.status().last.not_worth, 1U);
}

}  // namespace
}  // namespace cachearr::upkeep
