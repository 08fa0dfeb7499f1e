#include "upkeep/jobs/warm_plan.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "unit/pipeline/snapshots.hpp"

namespace cachearr::upkeep {

void PrintTo(const WarmStep& step, std::ostream* out) { *out << step.upstream << ' ' << step.target; }

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Json = nlohmann::ordered_json;

constexpr std::string_view kPlanRules = R"({
  "upstreams": {
    "sonarr": {
      "origin": "http://sonarr.test:8989", "credentials": {"headers": ["X-Api-Key"]},
      "warm": [{"type": "series", "ask": ["/api/v3/series", "/api/v3/calendar"]},
               {"type": "series", "each": "/api/v3/series", "ask": ["/api/v3/series/{id}"]},
               {"type": "episodes", "each": "/api/v3/series", "ask": "/api/v3/episode?seriesId={id}"},
               {"type": "metadata", "each": "/api/v3/series", "upstream": "skyhook", "ask": ["/v1/tvdb/shows/en/{tvdbId}"]},
               {"type": "metadata", "each": "/api/v3/series", "ask": ["{images.remoteUrl}"]},
               {"type": "indexers", "each": "/api/v3/indexer", "upstream": "nowhere", "ask": ["/{id}"]}]},
    "second": {"like": "sonarr", "origin": "http://second.test"},
    "template": {"warm": [{"type": "series", "ask": ["/x"]}]},
    "skyhook": {"hosts": ["skyhook.sonarr.tv"]},
    "nowhere": {},
    "below": {"origin": "http://below.test/base"},
    "images": {"hosts": ["artworks.test"]}
  }})";

class WarmPlanTest : public ::testing::Test {
 protected:
  WarmPlan plan(const std::string& type, const std::string& id = {}) {
    return plan_warm_up(*snapshot_->rules, {type, id, {}},
                        [this](const rules::Upstream& upstream) { return upstream.name != closed_; });
  }
  std::optional<std::vector<WarmStep>> steps(const WarmList& list, const char* answer, const std::string& id = {}) {
    return steps_of_list(list, Json::parse(answer), id, *snapshot_->rules);
  }

  pipeline::SnapshotPtr snapshot_ = test::snapshot_of(kPlanRules);
  std::string closed_ = "second";
};

TEST_F(WarmPlanTest, AsksEachUpstreamWithAnOriginForWhatItSays) {
  const auto series = plan("series");
  EXPECT_THAT(series.steps, ElementsAre(WarmStep{"sonarr", "/api/v3/series"}, WarmStep{"sonarr", "/api/v3/calendar"}));
  ASSERT_EQ(series.lists.size(), 1U);
  EXPECT_EQ(series.lists[0].list, (WarmStep{"sonarr", "/api/v3/series"}));
  EXPECT_THAT(series.without_access, ElementsAre("second"));
}

TEST_F(WarmPlanTest, AsksForAListOnceWhateverIsMadeOfIt) {
  closed_ = "none";
  const auto all = plan("all");
  ASSERT_EQ(all.lists.size(), 2U) << "one of each application";
  EXPECT_EQ(all.lists[0].rows.size(), 4U) << "but what is for nowhere";
}

TEST_F(WarmPlanTest, LeavesOutWhoCannotBeAskedForWantOfACredential) {
  closed_ = "skyhook";
  const auto metadata = plan("metadata");
  EXPECT_THAT(metadata.without_access, ElementsAre("skyhook"));
  EXPECT_EQ(metadata.lists[0].rows.size(), 1U) << "images alone";
}

TEST_F(WarmPlanTest, MakesRequestsOfTheElementsOfAList) {
  const auto list = plan("episodes").lists.at(0);
  EXPECT_EQ(
      steps(list, R"([{"id": 1}, {"id": 22}, {"id": 1}, {"title": "none"}, 7])"),
      (std::vector<WarmStep>{{"sonarr", "/api/v3/episode?seriesId=1"}, {"sonarr", "/api/v3/episode?seriesId=22"}}));
  EXPECT_EQ(steps(list, R"({"records": [{"id": "a/b c"}]})"),
            (std::vector<WarmStep>{{"sonarr", "/api/v3/episode?seriesId=a%2Fb%20c"}}));
}

TEST_F(WarmPlanTest, KeepsToOneElementWhereOneIsMeant) {
  const auto meant = plan("all", "22");
  EXPECT_THAT(meant.steps, IsEmpty()) << "belong to no element";
  EXPECT_EQ(steps(plan("series", "22").lists.at(0), R"([{"id": 1}, {"id": 22}, {"id": 2}])", "22"),
            (std::vector<WarmStep>{{"sonarr", "/api/v3/series/22"}}));
}

TEST_F(WarmPlanTest, AsksForMetadataWhereItIsAndFollowsAddressesThatRulesName) {
  const auto list = plan("metadata").lists.at(0);
  EXPECT_EQ(steps(list, R"([{"id": 1, "tvdbId": 71663, "images": [{"remoteUrl": "https://artworks.test/a.jpg"},
                            {"remoteUrl": "https://evil.test/b.jpg"}, {"remoteUrl": "http://127.0.0.1/c"}, {"url": "/d"}]},
                           {"id": 2, "tvdbId": 0}])"),
            (std::vector<WarmStep>{{"skyhook", "/v1/tvdb/shows/en/71663"}, {"images", "https://artworks.test/a.jpg"}}));
}

TEST_F(WarmPlanTest, AsksForPicturesInOtherSizes) {
  const std::vector<rules::WarmUp::Size> sizes{{"/poster.jpg", {"/poster-250.jpg", "/poster-500.jpg"}},
                                               {"/fanart.jpg", {"/fanart-360.jpg"}}};
  const WarmList list{{"sonarr", "/api/v3/series"}, {{"sonarr", {"{images.url}", "/api/v3{images.url:path}"}, sizes}}};
  EXPECT_EQ(
      steps(list, R"([{"images": [{"url": "/MediaCover/1/poster.jpg?lastWrite=5"}, {"url": "/MediaCover/1/fanart.jpg"},
                                        {"url": "/MediaCover/1/clearlogo.png"}]}])"),
      (std::vector<WarmStep>{{"sonarr", "/MediaCover/1/poster-250.jpg?lastWrite=5"},
                             {"sonarr", "/MediaCover/1/poster-500.jpg?lastWrite=5"},
                             {"sonarr", "/MediaCover/1/fanart-360.jpg"},
                             {"sonarr", "/api/v3/MediaCover/1/poster-250.jpg"},
                             {"sonarr", "/api/v3/MediaCover/1/poster-500.jpg"},
                             {"sonarr", "/api/v3/MediaCover/1/fanart-360.jpg"}}));
}

TEST_F(WarmPlanTest, TakesThoseMembersOfAListThatSaySo) {
  const WarmList list{{"sonarr", "/api/v3/series"},
                      {{"sonarr", {"{images.coverType=poster.url}"}, {{"/original/", {"/w500/"}}}}}};
  EXPECT_EQ(steps(list, R"([{"images": [{"coverType": "poster", "url": "https://artworks.test/original/a.jpg"},
                                        {"coverType": "fanart", "url": "https://artworks.test/original/b.jpg"},
                                        {"coverType": 7, "url": "/c"}, {"url": "/d"}]}])"),
            (std::vector<WarmStep>{{"images", "https://artworks.test/w500/a.jpg"}}));
}

TEST_F(WarmPlanTest, TakesAPathOfTheApplicationForWhatItIs) {
  const auto covers = [&](const char* owner, const char* answer) {
    return steps({{owner, "/api/v3/series"}, {{owner, {"{images.url}", "/api/v3{images.url}"}}}}, answer).value();
  };
  EXPECT_EQ(
      covers("sonarr",
             R"([{"images": [{"url": "/MediaCover/1/a.jpg?lastWrite=5"}, {"url": "https://artworks.test/a.jpg"}]}])"),
      (std::vector<WarmStep>{{"sonarr", "/MediaCover/1/a.jpg?lastWrite=5"},
                             {"images", "https://artworks.test/a.jpg"},
                             {"sonarr", "/api/v3/MediaCover/1/a.jpg?lastWrite=5"}}));
  EXPECT_EQ(covers("below", R"([{"images": [{"url": "/base/MediaCover/1/a.jpg"}]}])"),
            (std::vector<WarmStep>{{"below", "/MediaCover/1/a.jpg"}, {"below", "/api/v3/MediaCover/1/a.jpg"}}))
      << "its own path is put before each request anyway";
}

TEST_F(WarmPlanTest, PutsNothingIntoARequestLineThatWouldEndIt) {
  const WarmList list{{"sonarr", "/api/v3/series"}, {{"sonarr", {"{images.url}", "/api/v3{images.url}"}}}};
  EXPECT_THAT(steps(list, R"([{"images": [{"url": "/a HTTP/1.1\r\nX-Other: 1"}, {"url": "/b c"}, {"url": "/d\u007f"},
                              {"url": "/e\u0000"}, {"url": "https://artworks.test/f\r\nX-Other: 1"}]}])")
                  .value(),
              IsEmpty());
  EXPECT_EQ(steps(list, R"([{"images": [{"url": "/caf\u00e9"}]}])").value().size(), 2U);
}

TEST_F(WarmPlanTest, KnowsWhatIsNoList) {
  const auto list = plan("series").lists.at(0);
  for (const auto* const answer : {"{}", R"({"records": 5})", "\"text\"", "null"})
    EXPECT_FALSE(steps(list, answer)) << answer;
  EXPECT_THAT(steps(list, "[]").value(), IsEmpty());
}

TEST(WarmTypes, AreAllAndThoseOfTheRules) {
  for (const auto* const type :
       {"all", "series", "episodes", "metadata", "indexers", "quality-profiles", "custom-formats"})
    EXPECT_TRUE(is_warm_type(type)) << type;
  for (const auto* const type : {"", "serie", "ALL", "movies"}) EXPECT_FALSE(is_warm_type(type)) << type;
}

}  // namespace
}  // namespace cachearr::upkeep
