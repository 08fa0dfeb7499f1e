#include "fetch/entity_tags.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "unit/fetch/fetch_fixture.hpp"

namespace cachearr::fetch {
namespace {

using TagList = std::vector<std::string>;

constexpr std::string_view kEntityRules = R"({
  "upstreams": {"up": {"hosts": ["api.test"], "origin": "http://api.test"}, "other": {"hosts": ["free.test"]}},
  "rules": [{"name": "show", "upstream": "up", "match": {"path": "/show/{tvdbId:int}"}, "ttl": "1h", "tags": ["series", "tvdb:{tvdbId}"]},
            {"name": "film", "upstream": "up", "match": {"path": "/film/{id}"}, "ttl": "1h", "expect": "json", "tags": ["movie"]},
            {"name": "artist", "upstream": "up", "match": {"path": "/artist/{mbid}"}, "ttl": "1h"}]})";

class EntityTagsTest : public FetchTest {
 protected:
  EntityTagsTest() : FetchTest{kEntityRules} {}
  TagList tags_of(std::string_view start, const content::EntityTags& in_body = {}) {
    return tags_of_answer(classify(start), in_body);
  }
  void fetch(std::string_view start, std::string_view response) {
    auto& client = ask(test::Asked{start, "Host: api.test\r\n"});
    next_request();
    origin_.send(std::string{response});
    end_of(client);
  }
};

TEST_F(EntityTagsTest, FollowThoseOfTheRuleEachOnce) {
  EXPECT_EQ(tags_of("GET http://api.test/show/121361"), (TagList{"series", "tvdb:121361"}));
  content::EntityTags in_body;
  in_body.add("imdb:tt0944947");
  in_body.add("tvdb:121361");
  EXPECT_EQ(tags_of("GET http://api.test/show/121361", in_body), (TagList{"series", "tvdb:121361", "imdb:tt0944947"}));
}

TEST_F(EntityTagsTest, ComeFromTheWholeUrl) {
  EXPECT_EQ(tags_of("GET http://api.test/film/7?tmdbId=603&apikey=s3cr3t"), (TagList{"movie", "tmdb:603"}));
  EXPECT_EQ(tags_of("GET http://api.test/film/tt0133093"), (TagList{"movie", "imdb:tt0133093"}));
  EXPECT_EQ(tags_of("GET http://api.test/x?t=movie&imdbid=0133093"), (TagList{"imdb:tt0133093"}));
  EXPECT_EQ(tags_of("GET http://api.test/artist/b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d"),
            (TagList{"mbid:b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d"}));
}

TEST_F(EntityTagsTest, AreNoneOfHostsThatNoRuleNames) {
  EXPECT_TRUE(tags_of("GET http://stranger.test/x?tvdbid=121361").empty());
}

TEST_F(EntityTagsTest, ReachTheStoredAnswerAndStayWhenItIsConfirmed) {
  const std::string_view get = "GET http://api.test/film/7";
  const auto has = [&](std::string_view tag) {
    const auto entry = store_->find(classify(get).variant.id, context_.variant.identity);
    const auto tags = entry ? entry->tags() : std::span<const std::uint64_t>{};
    return std::find(tags.begin(), tags.end(), hash128(tag).low) != tags.end();
  };
  fetch(get,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"1\"\r\nContent-Length: 16\r\n\r\n{\"tmdbId\": "
        "603} ");
  EXPECT_TRUE(has("movie") && has("tmdb:603"));
  clock_.advance(std::chrono::hours{2});
  fetch(get, "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
  EXPECT_TRUE(has("movie") && has("tmdb:603"));
}

}  // namespace
}  // namespace cachearr::fetch
