#include "fetch/feed_pages.hpp"

#include <gtest/gtest.h>

#include "unit/fetch/fetch_fixture.hpp"

namespace cachearr::fetch {
namespace {

using Kind = FetchOutcome::Kind;
using test::Asked;

constexpr std::string_view kFeedRules = R"({
  "upstreams": {"up": {"hosts": ["api.test"], "origin": "http://api.test", "mount": "/up", "credentials": {"query": ["apikey"]}}},
  "rules": [{"name": "feed", "upstream": "up", "match": {"path": "/api", "query": {"t": "search"}}, "ttl": "10m", "expect": "feed",
             "key": "feed", "covers": {"offset": "offset", "limit": "limit"}, "last_fetch": "sync:{upstream}"}]})";

std::string feed_text(int first, int end) {
  std::string body = "<rss><channel><a:response offset=\"" + std::to_string(first) + "\" total=\"500\"/>";
  for (int i = first; i < end; ++i) body += "<item><guid>" + std::to_string(i) + "</guid></item>";
  return body + "</channel></rss>";
}

class FeedPagesTest : public FetchTest {
 protected:
  FeedPagesTest() : FetchTest{kFeedRules} {}

  static Asked get(const std::string& query, const std::string& fields = "") {
    return Asked{"GET /up/api?t=search" + query, "Host: api.test\r\n" + fields};
  }
  /// Asks, and answers as the origin.
  void fetch_page(const std::string& query, int first, int end, const std::string& fields = "") {
    const auto asked = get(query, fields);
    auto& client = ask(asked);
    next_request();
    const auto body = feed_text(first, end);
    origin_.send("HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: \"1\"\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
    end_of(client);
    clock_.advance(Duration{1000});
  }
  /// The stored page that answers; empty: the origin would have to be asked.
  std::string covered(const std::string& query, const std::string& fields = "") {
    const auto asked = get(query, fields);
    const auto job = job_for(asked);
    const auto page = page_from_stored(fetching_, *job);
    return page ? std::string{page->body()} : std::string{};
  }
  bool is_stored(const std::string& query) {
    const auto asked = get(query);
    return classify(asked).disposition == pipeline::Disposition::hit;
  }
};

TEST_F(FeedPagesTest, AnswersAShorterPollFromALongerOne) {
  fetch_page("&cat=1&offset=0&limit=100&apikey=k", 0, 100);
  EXPECT_EQ(covered("&limit=2&cat=1&apikey=k"), feed_text(0, 2));
  EXPECT_TRUE(is_stored("&cat=1&limit=2&apikey=k")) << "the page that was cut out is stored itself";
}

TEST_F(FeedPagesTest, TellsOfAPageThatWasCutOutWhatIsTrueOfIt) {
  fetch_page("&offset=0&limit=10&apikey=k", 0, 10);
  clock_.advance(Duration{60'000});
  const auto asked = get("&offset=4&limit=3&apikey=k");
  auto& client = ask(asked);
  end_of(client);
  ASSERT_EQ(client.outcome().kind, Kind::entry);
  const auto& entry = *client.outcome().entry;
  EXPECT_TRUE(client.outcome().cache_status.hit);
  EXPECT_EQ(client.outcome().cache_status.ttl, 600 - 61);
  EXPECT_NE(entry.head().find("Content-Length: " + std::to_string(entry.body().size()) + "\r\n"),
            std::string_view::npos);
  EXPECT_EQ(entry.head().find("ETag"), std::string_view::npos);
  EXPECT_EQ(std::string{entry.body()}.find("<guid>3<"), std::string::npos);
  EXPECT_NE(entry.body().find("<guid>6<"), std::string_view::npos);
  EXPECT_NE(entry.body().find("offset=\"4\""), std::string_view::npos);
}

TEST_F(FeedPagesTest, AnswersNothingElseFromIt) {
  fetch_page("&cat=1&offset=0&limit=10&apikey=k", 0, 10);
  for (const auto* query :
       {"&cat=1&offset=0&limit=20&apikey=k", "&cat=1&offset=5&limit=10&apikey=k", "&cat=2&limit=5&apikey=k",
        "&cat=1&limit=5&apikey=other", "&cat=1&limit=5", "&cat=1&limit=5&extended=1&apikey=k", "&cat=1&apikey=k",
        "&cat=1&limit=x&apikey=k", "&cat=1&limit=5&limit=6&apikey=k"})
    EXPECT_EQ(covered(query), "") << query;
  EXPECT_EQ(covered("&cat=1&limit=5&apikey=k", "Cache-Control: no-cache\r\n"), "");
  clock_.advance(Duration{600'000});
  EXPECT_EQ(covered("&cat=1&limit=5&apikey=k"), "") << "what is stale covers nothing";
}

TEST_F(FeedPagesTest, BeginsANewWalkWithTheFirstPage) {
  fetch_page("&offset=0&limit=10", 0, 10);
  fetch_page("&offset=10&limit=10", 10, 20);
  EXPECT_FALSE(covered("&offset=0&limit=5").empty());
  EXPECT_TRUE(is_stored("&offset=10&limit=10"));
  fetch_page("&offset=0&limit=10", 0, 10, "Cache-Control: no-cache\r\n");
  EXPECT_TRUE(is_stored("&offset=0&limit=10"));
  EXPECT_FALSE(is_stored("&offset=10&limit=10"));
  EXPECT_FALSE(is_stored("&offset=0&limit=5")) << "what was cut out of the old page is old";
}

TEST_F(FeedPagesTest, LeavesOtherFeedsAlone) {
  fetch_page("&cat=1&offset=10&limit=10", 10, 20);
  fetch_page("&cat=2&offset=0&limit=10", 0, 10);
  EXPECT_TRUE(is_stored("&cat=1&offset=10&limit=10"));
}

TEST_F(FeedPagesTest, KeepsNoPageThatTheFirstOneHasOvertaken) {
  const auto later = get("&offset=10&limit=10");
  const auto job = job_for(later);
  store(*job->context);
  const auto page = store_->find(job->context->key.id, job->context->key.identity);
  ASSERT_TRUE(page);
  const auto asked_at = clock_.now();
  clock_.advance(Duration{1000});
  fetch_page("&offset=0&limit=10", 0, 10);
  note_page(fetching_, *job, *page, asked_at);
  EXPECT_FALSE(is_stored("&offset=10&limit=10"));
}

TEST_F(FeedPagesTest, TagsTheLaterPagesForAnotherLifeOnDisk) {
  fetch_page("&offset=0&limit=10", 0, 10);
  fetch_page("&offset=10&limit=10", 10, 20);
  store_->invalidate_soon({caching::Invalidation::Kind::tag, "up-later-pages", false});
  EXPECT_TRUE(is_stored("&offset=0&limit=10"));
  EXPECT_FALSE(is_stored("&offset=10&limit=10"));
}

TEST_F(FeedPagesTest, KeepsTheTimeOfTheLastFetchUnderItsKey) {
  const auto now = clock_.now();
  fetch_page("&offset=0&limit=10", 0, 10);
  const auto entries = store_->find_key("sync:up");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_NE(entries[0]->body().find("\"lastSync\":\""), std::string_view::npos);
  EXPECT_EQ(entries[0]->meta.stored_ms, now.time_since_epoch().count());
}

}  // namespace
}  // namespace cachearr::fetch
