#include "content/entity.hpp"

#include <gtest/gtest.h>

#include "content/answer.hpp"
#include "content/json_reader.hpp"
#include "content/xml_reader.hpp"

namespace cachearr::content {
namespace {

using AboutTags = std::vector<std::string>;

AboutTags about_json(std::string_view text) { return read_json(text).entities.all(); }
AboutTags about_feed(std::string_view items) {
  const auto text = "<rss><channel>" + std::string{items} + "</channel></rss>";
  return read_xml(text).entities.all();
}

TEST(EntityTag, IsWhatTheNumberIsInEverySpelling) {
  EXPECT_EQ(entity_tag(Catalogue::tvdb, "121361"), "tvdb:121361");
  EXPECT_EQ(entity_tag(Catalogue::tmdb, "00603"), "tmdb:603");
  for (const auto* written : {"tt0133093", "0133093", "133093", "tt133093"})
    EXPECT_EQ(entity_tag(Catalogue::imdb, written), "imdb:tt0133093") << written;
  EXPECT_EQ(entity_tag(Catalogue::imdb, "tt10872600"), "imdb:tt10872600");
  EXPECT_EQ(entity_tag(Catalogue::musicbrainz, "B10BBBFC-CF9E-42E0-BE17-E2C3E1D2600D"),
            "mbid:b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d");
}

TEST(EntityTag, IsNoneWhereNothingIsNamed) {
  for (const auto* written : {"", "0", "000", "-5", "1.5", "12x", "12345678901", "null"})
    EXPECT_EQ(entity_tag(Catalogue::tvdb, written), "") << written;
  for (const auto* written : {"tt", "tt0", "nm0000206", ""}) EXPECT_EQ(entity_tag(Catalogue::imdb, written), "");
  for (const auto* written :
       {"aaaaa-aaa-aaaa-aaaaaa", "b10bbbfc-cf9e-42e0-be17-e2c3e1d2600", "z10bbbfc-cf9e-42e0-be17-e2c3e1d2600d"})
    EXPECT_EQ(entity_tag(Catalogue::musicbrainz, written), "") << written;
}

TEST(Catalogue, IsKnownByTheNamesThatServicesUse) {
  for (const auto* name : {"tvdbId", "tvdb_id", "TVDBID", "thetvdb_id"})
    EXPECT_EQ(catalogue_of(name), Catalogue::tvdb) << name;
  for (const auto* name : {"tmdbId", "tmdb_id", "TmdbId"}) EXPECT_EQ(catalogue_of(name), Catalogue::tmdb) << name;
  for (const auto* name : {"imdbId", "imdb_id", "imdbID"}) EXPECT_EQ(catalogue_of(name), Catalogue::imdb) << name;
  for (const auto* name : {"mbId", "mbid", "foreignArtistId"})
    EXPECT_EQ(catalogue_of(name), Catalogue::musicbrainz) << name;
  for (const auto* name : {"id", "seriesId", "tvdb", "imdb", "tvMazeId", "idimdb", ""})
    EXPECT_FALSE(catalogue_of(name)) << name;
  EXPECT_EQ(catalogue_of("Tvdb", true), Catalogue::tvdb);
  EXPECT_EQ(catalogue_of("imdb", true), Catalogue::imdb);
}

TEST(AnObject, IsAboutItsOwnNumbers) {
  EXPECT_EQ(
      about_json(R"({"id": 1, "title": "x", "tvdbId": 121361, "tmdbId": 1399, "imdbId": "tt0944947", "tags": []})"),
      (AboutTags{"tvdb:121361", "tmdb:1399", "imdb:tt0944947"}));
  EXPECT_EQ(about_json(R"({"id": 1399, "external_ids": {"imdb_id": "tt0944947", "tvdb_id": 121361, "id": 7}})"),
            (AboutTags{"imdb:tt0944947", "tvdb:121361"}));
  EXPECT_EQ(about_json(R"({"Name": "x", "ProviderIds": {"Tmdb": "603", "Imdb": "tt0133093"}})"),
            (AboutTags{"tmdb:603", "imdb:tt0133093"}));
  EXPECT_EQ(about_json(R"({"show": {"title": "x", "ids": {"trakt": 1, "tvdb": 121361}}})"), AboutTags{"tvdb:121361"});
  EXPECT_EQ(about_json(R"({"data": {"id": 5, "tvdb_id": "121361"}})"), AboutTags{"tvdb:121361"});
}

TEST(AnObject, MentionsOthersInArraysAndElsewhere) {
  EXPECT_TRUE(about_json(R"([{"tvdbId": 1}, {"tvdbId": 2}])").empty());
  EXPECT_TRUE(about_json(R"({"records": [{"tvdbId": 1}], "data": [{"tmdbId": 2}]})").empty());
  EXPECT_TRUE(about_json(R"({"recommendation": {"tmdbId": 3}, "a": {"b": {"c": {"tvdbId": 4}}}})").empty());
}

TEST(AnEpisode, IsAboutItsSeriesAndNotAboutASeriesThatHasItsNumber) {
  EXPECT_EQ(about_json(R"({"id": 9, "seriesId": 1, "tvdbId": 3254641, "seasonNumber": 1, "episodeNumber": 1,
                           "series": {"tvdbId": 121361, "imdbId": "tt0944947"}})"),
            (AboutTags{"tvdb:121361", "imdb:tt0944947"}));
  EXPECT_TRUE(
      about_json(R"({"id": 63056, "episode_number": 1, "season_number": 1, "external_ids": {"tvdb_id": 3254641}})")
          .empty());
}

TEST(AnObject, HasNotMoreTagsThanItMay) {
  std::string text = "{";
  for (int i = 1; i <= 40; ++i) text += "\"data\": {\"tvdbId\": " + std::to_string(i) + "}, ";
  EXPECT_EQ(about_json(text + "\"a\": 1}").size(), EntityTags::kMost);
}

TEST(AFeed, IsAboutWhatAllItsItemsAgreeOn) {
  const std::string_view same =
      R"(<item><newznab:attr name="tvdbid" value="121361"/><newznab:attr name="imdb" value="0944947"/></item>)";
  const std::string_view other =
      R"(<item><torznab:attr name="tvdbid" value="1"/><torznab:attr name="imdbid" value="tt0944947"/></item>)";
  EXPECT_EQ(about_feed(std::string{same}.append(same)), (AboutTags{"tvdb:121361", "imdb:tt0944947"}));
  EXPECT_EQ(about_feed(std::string{same}.append(other)), AboutTags{"imdb:tt0944947"});
  EXPECT_TRUE(about_feed(R"(<item><newznab:attr name="size" value="121361"/></item>)").empty());
}

TEST(AnAnswer, TellsWhatItIsAboutOnlyWhereItIsWhole) {
  const auto about = [](std::string_view body) {
    return inspect({}, {200, "application/json", body, DecodeState::whole}, TimePoint{}).entities.all();
  };
  EXPECT_EQ(about(R"({"tvdbId": 5})"), AboutTags{"tvdb:5"});
  EXPECT_TRUE(about(R"({"tvdbId": 5, "x")").empty());
}

}  // namespace
}  // namespace cachearr::content
