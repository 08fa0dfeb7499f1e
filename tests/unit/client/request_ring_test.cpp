#include "client/request_ring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "unit/client/recorded.hpp"

namespace cachearr::client {
namespace {

using test::facts_of;
using test::texts_of;

void append(RequestRing& ring, const ShownTexts& texts, std::string_view detail = "", std::string_view error = "",
            const RequestFacts& facts = facts_of()) {
  ring.append({facts, texts, detail, error});
}

std::string url_of(const RecordedRequest& request) { return std::string{request.texts[ShownTexts::url]}; }

TEST(RequestRing, GivesBackWhatWasAppended) {
  RequestRing ring{4, 4096};
  auto facts = facts_of();
  facts.bytes = 321;
  append(ring, texts_of("http://a.test/"), "stale-if-error", "it broke", facts);
  ASSERT_EQ(ring.end() - ring.first(), 1U);
  const auto request = ring.copy(0);
  EXPECT_EQ(request.facts.bytes, 321U);
  EXPECT_EQ(request.texts[ShownTexts::method], "GET");
  EXPECT_EQ(url_of(request), "http://a.test/");
  EXPECT_EQ(request.texts[ShownTexts::user_agent], "Sonarr/4");
  EXPECT_EQ(request.texts[ShownTexts::upstream], "tmdb");
  EXPECT_EQ(request.texts[ShownTexts::rule], "tmdb-tv");
  EXPECT_EQ(request.texts[ShownTexts::type], "series");
  EXPECT_EQ(request.texts[ShownTexts::key], "series:1");
  EXPECT_EQ(request.texts[ShownTexts::detail], "stale-if-error");
  EXPECT_EQ(request.texts[ShownTexts::error], "it broke");
}

TEST(RequestRing, KeepsTheLastOnesInTheirOrder) {
  RequestRing ring{3, 64 * 1024};
  for (int i = 0; i < 10; ++i) append(ring, texts_of("/" + std::to_string(i)));
  ASSERT_EQ(ring.first(), 7U);
  ASSERT_EQ(ring.end(), 10U);
  for (auto number = ring.first(); number < ring.end(); ++number)
    EXPECT_EQ(url_of(ring.copy(number)), "/" + std::to_string(number));
}

TEST(RequestRing, LongTextsPushOutMoreOfTheOldestOnes) {
  RequestRing ring{1000, 4096};
  const std::string long_path(1000, 'x');
  for (int i = 0; i < 20; ++i) append(ring, texts_of("/" + std::to_string(i) + long_path));
  EXPECT_LE(ring.end() - ring.first(), 4U);
  EXPECT_GE(ring.end() - ring.first(), 3U);
}

TEST(RequestRing, NoTextIsEverAnotherOnes) {
  RequestRing ring{50, 5000};
  std::mt19937 random{7};
  std::vector<std::string> urls;
  for (int i = 0; i < 5000; ++i) {
    urls.push_back("/" + std::to_string(i) + std::string(random() % 900, static_cast<char>('a' + i % 26)));
    const bool bare = random() % 5 == 0;
    append(ring, bare ? ShownTexts{} : texts_of(urls.back()), bare ? "" : "detail");
    if (bare) urls.back().clear();
    ASSERT_LE(ring.end() - ring.first(), 50U);
    for (auto number = ring.first(); number < ring.end(); ++number)
      ASSERT_EQ(url_of(ring.copy(number)), urls[number]) << i;
  }
}

TEST(ShownTexts, AreCutWhereTheyAreTooLongAndNotWithinACharacter) {
  ShownTexts texts;
  texts.add(ShownTexts::method, std::string(31, 'x') + "ää");
  EXPECT_EQ(texts[ShownTexts::method], std::string(29, 'x') + "…");
  texts.add(ShownTexts::url, std::string(1024, 'y'));
  EXPECT_EQ(texts[ShownTexts::url].size(), 1024U);
  EXPECT_EQ(beginning_of("aä", 2), "a");
  EXPECT_EQ(beginning_of("aä", 3), "aä");
}

}  // namespace
}  // namespace cachearr::client
