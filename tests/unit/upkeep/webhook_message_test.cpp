#include "upkeep/webhook/webhook_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

using ::testing::HasSubstr;
using ToldTags = std::vector<std::string>;

WebhookMessage read_told(std::string_view body) {
  const auto message = read_webhook(body);
  EXPECT_TRUE(message) << body << (message ? "" : message.error().what);
  return message ? *message : WebhookMessage{};
}
ToldTags told_by_webhook(std::string_view body) { return read_told(body).entities.all(); }
std::string problem_of_webhook(std::string_view body) {
  const auto message = read_webhook(body);
  return message ? "none" : message.error().what;
}

TEST(Webhook, OfSonarrTellsTheSeriesAndNotTheNumbersOfItsEpisodes) {
  const auto grab = read_told(R"({
    "series": {"id": 2, "title": "Game of Thrones", "titleSlug": "game-of-thrones", "path": "/tv/Game of Thrones",
               "tvdbId": 121361, "tvMazeId": 82, "tmdbId": 1399, "imdbId": "tt0944947", "type": "standard", "year": 2011,
               "genres": ["Drama"], "images": [{"coverType": "poster", "url": "/MediaCover/2/poster.jpg"}], "tags": ["uhd"]},
    "episodes": [{"id": 40, "episodeNumber": 1, "seasonNumber": 1, "title": "Winter Is Coming", "airDate": "2011-04-17",
                  "seriesId": 2, "tvdbId": 3254641}],
    "release": {"quality": "Bluray-1080p", "qualityVersion": 1, "indexer": "Somewhere", "size": 4200000000},
    "downloadClient": "SABnzbd", "downloadClientType": "SABnzbd", "downloadId": "SABnzbd_nzo_1",
    "eventType": "Grab", "instanceName": "Sonarr", "applicationUrl": ""})");
  EXPECT_EQ(grab.event, "Grab");
  EXPECT_FALSE(grab.is_test);
  EXPECT_EQ(grab.entities.all(), (ToldTags{"tvdb:121361", "tmdb:1399", "imdb:tt0944947"}));
}

TEST(Webhook, LeavesOutNumbersThatAreNotKnown) {
  EXPECT_EQ(told_by_webhook(R"({"eventType": "SeriesAdd", "series": {"tvdbId": 5, "tmdbId": 0, "imdbId": ""}})"),
            ToldTags{"tvdb:5"});
  EXPECT_EQ(told_by_webhook(R"({"eventType": "SeriesAdd", "series": {"tvdbId": null, "tmdbId": -1, "imdbId": [1]}})"),
            ToldTags{});
  EXPECT_EQ(told_by_webhook(R"({"eventType": "SeriesAdd", "series": [1]})"), ToldTags{});
}

TEST(Webhook, OfRadarrTellsTheFilm) {
  EXPECT_EQ(
      told_by_webhook(R"({"movie": {"id": 1, "title": "The Matrix", "year": 1999, "folderPath": "/films/The Matrix",
                        "tmdbId": 603, "imdbId": "tt0133093"},
                        "remoteMovie": {"tmdbId": 603, "imdbId": "tt0133093", "title": "The Matrix", "year": 1999},
                        "movieFile": {"id": 9, "relativePath": "The Matrix.mkv"}, "isUpgrade": false, "eventType": "Download"})"),
      (ToldTags{"tmdb:603", "imdb:tt0133093"}));
}

TEST(Webhook, OfLidarrTellsTheArtistAndTheAlbums) {
  EXPECT_EQ(told_by_webhook(R"({"artist": {"id": 1, "name": "x", "mbId": "b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d"},
                        "albums": [{"id": 3, "mbId": "9162580e-5df4-32de-80cc-f45a8d8a9b1d", "title": "y"}, {"id": 4}],
                        "eventType": "Grab"})"),
            (ToldTags{"mbid:b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d", "mbid:9162580e-5df4-32de-80cc-f45a8d8a9b1d"}));
}

TEST(Webhook, OfProwlarrTellsItsEventAlone) {
  const auto health = read_told(R"({"level": "warning", "message": "Indexers unavailable", "type": "IndexerStatusCheck",
                               "wikiUrl": "https://wiki.test", "eventType": "Health", "instanceName": "Prowlarr"})");
  EXPECT_EQ(health.event, "Health");
  EXPECT_TRUE(health.entities.all().empty());
}

TEST(Webhook, OfJellyfinTellsWhatWasAddedButNotEpisodesNorWhatIsPlayed) {
  EXPECT_EQ(told_by_webhook(
                R"({"ServerName": "nas", "NotificationType": "ItemAdded", "Name": "The Matrix", "ItemType": "Movie",
                        "Provider_tmdb": "603", "Provider_imdb": "tt0133093", "Provider_tvdb": ""})"),
            (ToldTags{"tmdb:603", "imdb:tt0133093"}));
  EXPECT_EQ(told_by_webhook(R"({"NotificationType": "ItemAdded", "ItemType": "Episode", "Provider_tvdb": "3254641"})"),
            ToldTags{});
  EXPECT_EQ(told_by_webhook(R"({"NotificationType": "PlaybackProgress", "ItemType": "Movie", "Provider_tmdb": "603"})"),
            ToldTags{});
}

TEST(Webhook, OfSeerrTellsTheMediaThatMayBeNull) {
  EXPECT_EQ(told_by_webhook(R"({"notification_type": "MEDIA_AVAILABLE", "event": "Now available", "subject": "x",
                        "media": {"media_type": "tv", "tmdbId": "1399", "tvdbId": "121361", "status": "AVAILABLE"}, "extra": []})"),
            (ToldTags{"tmdb:1399", "tvdb:121361"}));
  EXPECT_EQ(told_by_webhook(R"({"notification_type": "MEDIA_FAILED", "media": null})"), ToldTags{});
  EXPECT_EQ(told_by_webhook(R"({"notification_type": "ISSUE_CREATED", "media": {"tmdbId": "1399"}})"), ToldTags{});
}

TEST(Webhook, OfATestTellsOfNothing) {
  for (const auto* body : {R"({"series": {"id": 1, "title": "Test Title", "tvdbId": 1234}, "eventType": "Test"})",
                           R"({"notification_type": "TEST_NOTIFICATION", "media": {"tmdbId": "1"}})"}) {
    EXPECT_TRUE(read_told(body).is_test) << body;
    EXPECT_TRUE(told_by_webhook(body).empty()) << body;
  }
}

TEST(Webhook, ThatCannotBeReadSaysWhere) {
  EXPECT_THAT(problem_of_webhook("{\n  \"eventType\": Grab}"), HasSubstr("line 2, column 16"));
  EXPECT_THAT(problem_of_webhook(""), HasSubstr("no JSON"));
  EXPECT_THAT(problem_of_webhook("[1]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(problem_of_webhook("{}"), HasSubstr("names no event"));
  EXPECT_THAT(problem_of_webhook(R"({"eventType": 5})"), HasSubstr("\"eventType\""));
  EXPECT_THAT(problem_of_webhook(R"({"eventType": ")" + std::string(100, 'x') + "\"}"), HasSubstr("\"eventType\""));
}

TEST(Webhook, IsCountedUnderANameThatIsKnown) {
  EXPECT_EQ(webhook_label("Grab"), "Grab");
  EXPECT_EQ(webhook_label("MEDIA_AVAILABLE"), "MEDIA_AVAILABLE");
  EXPECT_EQ(webhook_label("grab\n# HELP"), "other");
  EXPECT_EQ(webhook_label(""), "other");
}

}  // namespace
}  // namespace cachearr::upkeep
