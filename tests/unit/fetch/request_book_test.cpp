#include "fetch/request_book.hpp"

#include <array>
#include <gtest/gtest.h>

#include "fetch/errand.hpp"
#include "unit/pipeline/snapshots.hpp"

namespace cachearr::fetch {
namespace {

constexpr std::string_view kBookRules = R"({
  "upstreams": {"up": {"hosts": ["up.test"], "credentials": {"query": ["apikey"], "headers": ["X-Api-Key"]}}},
  "rules": [{"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "1h", "key": "tv:{id}"}]})";

constexpr TimePoint kBookNow{std::chrono::hours{500'000}};

class RequestBookTest : public ::testing::Test {
 protected:
  pipeline::RequestContext context_of(const std::string& lines = {}) {
    pipeline::RequestContext context;
    context.snapshot = snapshot_;
    context.verdict = {snapshot_->rules->upstream_named("up"), snapshot_->rules->rules().front().get()};
    context.route.target.query = "page=1&apikey=secret-of-a-client";
    context.request.head.method = http::Method::get;
    const auto bytes = "GET /tv/1 HTTP/1.1\r\n" + lines + "\r\n";
    const std::string_view all = bytes;
    context.request.head.method_text = all.substr(0, 3);
    if (const auto at = all.find("X-Api-Key: "); at != std::string_view::npos)
      context.request.head.fields.add(all.substr(at, 9), all.substr(at + 11, 6));
    if (lines.starts_with("Range")) context.request.head.fields.add("Range", all.substr(20, 9));
    context.request.own(bytes);
    return context;
  }
  bool lacks(const std::string& name, const std::string& lines = {}) {
    return book_.lacks(context_of(lines), hash128(name));
  }
  void remember(const std::string& name, std::uint32_t hits, bool by_client, const std::string& lines = {}) {
    const std::array<std::string_view, 1> body{"body"};
    store::EntryParts parts;
    parts.id = hash128(name);
    parts.identity = parts.key = name;
    parts.body = body;
    parts.hits = hits;
    parts.meta.stored_ms = now_.time_since_epoch().count();
    parts.meta.fresh_until_ms = (now_ + std::chrono::hours{1}).time_since_epoch().count();
    book_.remember(context_of(lines), *store::make_entry(parts), by_client);
  }
  RememberedRequestPtr find(const std::string& name) { return book_.find(hash128(name)); }

  TimePoint now_ = kBookNow;
  pipeline::SnapshotPtr snapshot_ = test::snapshot_of(kBookRules);
  RequestBook book_{20'000};
};

TEST_F(RequestBookTest, KnowsWhoAskedInThisLifeAndInTheOneBefore) {
  remember("a", 0, true);
  EXPECT_TRUE(find("a")->was_asked_lately(0)) << "by whom it came";
  remember("a", 3, false);
  EXPECT_TRUE(find("a")->was_asked_lately(3)) << "in the life before";
  remember("a", 3, false);
  EXPECT_FALSE(find("a")->was_asked_lately(3)) << "nobody in two lives";
  EXPECT_TRUE(find("a")->was_asked_lately(4));
  remember("a", 4, false);
  EXPECT_TRUE(find("a")->was_asked_lately(4));
}

TEST_F(RequestBookTest, ExpectsAsManyAsksAsInTheLessAskedOfTwoLives) {
  remember("a", 0, true);
  now_ += std::chrono::hours{1};
  EXPECT_EQ(find("a")->expected_asks(9, now_), 0) << "one life says nothing";
  remember("a", 9, false);
  EXPECT_EQ(find("a")->expected_asks(9, now_), 0) << "nobody has asked in this one";
  EXPECT_EQ(find("a")->expected_asks(12, now_ + std::chrono::minutes{30}), 6) << "by the rate so far";
  EXPECT_EQ(find("a")->expected_asks(109, now_ + std::chrono::minutes{30}), 9) << "not more than in the one before";
  EXPECT_EQ(find("a")->expected_asks(12, now_ + std::chrono::hours{3}), 3) << "a life ends at its end";
}

TEST_F(RequestBookTest, TakesBurstsWithNothingBetweenThemForSeldom) {
  remember("a", 0, true);
  now_ += std::chrono::hours{12};
  remember("a", 50, true);
  EXPECT_EQ(find("a")->expected_asks(100, now_ + std::chrono::hours{1}), 0);
  now_ += std::chrono::hours{2};
  remember("a", 100, true);
  EXPECT_EQ(find("a")->expected_asks(200, now_ + std::chrono::hours{1}), 50) << "it ended no longer ago than it lasted";
}

TEST_F(RequestBookTest, ForgetsTheOldestWhereItIsFull) {
  for (int i = 0; i < 100; ++i) remember(std::to_string(i), 0, true);
  EXPECT_LE(book_.bytes(), 20'000U);
  EXPECT_FALSE(find("0"));
  EXPECT_TRUE(find("99"));
  remember("again", 0, true);
  const auto bytes = book_.bytes();
  remember("again", 1, true);
  EXPECT_EQ(book_.bytes(), bytes) << "in the place of what it replaces";
}

TEST_F(RequestBookTest, DoesNotRememberWhoAskedForAPart) {
  remember("a", 0, true, "Range: bytes=0-1\r\n");
  EXPECT_FALSE(find("a"));
}

TEST_F(RequestBookTest, GivesTheCredentialsThatTheUpstreamNames) {
  remember("a", 0, true, "X-Api-Key: abcdef\r\n");
  const auto found = credentials_of(*book_.last_of("up"), *snapshot_->rules->upstream_named("up"));
  EXPECT_EQ(found.fields, "X-Api-Key: abcdef\r\n");
  EXPECT_EQ(found.query, "apikey=secret-of-a-client");
  EXPECT_FALSE(book_.last_of("other"));
}

TEST_F(RequestBookTest, LacksWhatItDoesNotKnowWhileThereIsPlentyOfRoom) {
  EXPECT_TRUE(lacks("a"));
  EXPECT_FALSE(lacks("a", "Range: bytes=0-1\r\n"));
  remember("a", 0, true);
  EXPECT_FALSE(lacks("a"));
  EXPECT_TRUE(lacks("b"));
  for (int i = 0; book_.bytes() <= 10'000; ++i) remember(std::to_string(i), 0, true);
  EXPECT_FALSE(lacks("b"));
}

}  // namespace
}  // namespace cachearr::fetch
