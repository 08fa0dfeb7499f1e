#include "base/redact.hpp"

#include <gtest/gtest.h>

#include "base/secret_shape.hpp"

namespace cachearr {
namespace {

constexpr std::string_view kHex = "2b51db35e1910123321025a12b9933d2";

struct Case {
  std::string_view given;
  std::string_view shown;
};

class RedactedUrlTest : public testing::TestWithParam<Case> {};

TEST_P(RedactedUrlTest, ShowsEverythingButTheSecret) { EXPECT_EQ(redact_url(GetParam().given), GetParam().shown); }

INSTANTIATE_TEST_SUITE_P(
    QueryNames, RedactedUrlTest,
    testing::Values(
        Case{"http://i.test/api?t=caps&apikey=S3cr", "http://i.test/api?t=caps&apikey=***"},
        Case{"/api?t=caps&apikey=S3cr&x=1", "/api?t=caps&apikey=***&x=1"}, Case{"/a?ApiKey=S3cr", "/a?ApiKey=***"},
        Case{"/a?api_key=S3cr", "/a?api_key=***"}, Case{"/a?api-key=S3cr", "/a?api-key=***"},
        Case{"/dl/x/?jackett_apikey=S3cr&file=a", "/dl/x/?jackett_apikey=***&file=a"},
        Case{"/a?token=S3cr", "/a?token=***"}, Case{"/a?access_token=S3cr", "/a?access_token=***"},
        Case{"/a?_token=S3cr&b=1", "/a?_token=***&b=1"}, Case{"/a?X-Plex-Token=S3cr", "/a?X-Plex-Token=***"},
        Case{"/a?X-Plex-Client-Identifier=S3cr&X-Plex-Version=7", "/a?X-Plex-Client-Identifier=***&X-Plex-Version=7"},
        Case{"/rss.php?uid=S3cr&passkey=S3cr", "/rss.php?uid=***&passkey=***"},
        Case{"/r?catid=19,20&user=S3cr&api=S3cr&eng=1", "/r?catid=19,20&user=***&api=***&eng=1"},
        Case{"/f.php?feed=tv&user=1&auth=S&passkey=S&authkey=S",
             "/f.php?feed=tv&user=***&auth=***&passkey=***&authkey=***"},
        Case{"/t/rss?u=S3cr;tp=S3cr;l5;download", "/t/rss?u=***;tp=***;l5;download"},
        Case{"/t.php?action=download&id=123&authkey=S&torrent_pass=S",
             "/t.php?action=download&id=123&authkey=***&torrent_pass=***"},
        Case{"/rss?rsskey=S3cr", "/rss?rsskey=***"}, Case{"/getnzb?i=1&r=S3cr", "/getnzb?i=***&r=***"},
        Case{"/entry.cgi?method=login&account=S&passwd=S&session=S",
             "/entry.cgi?method=login&account=***&passwd=***&session=***"},
        Case{"/c?ma_username=S3cr&ma_password=S3cr", "/c?ma_username=***&ma_password=***"},
        Case{"/l?username=S3cr&password=S3cr&pid=S3cr", "/l?username=***&password=***&pid=***"},
        Case{"/3/a?session_id=S3cr&guest_session_id=S3cr", "/3/a?session_id=***&guest_session_id=***"},
        Case{"/v3/m?client_key=S3cr", "/v3/m?client_key=***"}, Case{"/a?sid=S3cr", "/a?sid=***"},
        Case{"/a?pass=S3cr&pwd=S3cr", "/a?pass=***&pwd=***"}, Case{"/a?client_secret=S3cr", "/a?client_secret=***"},
        Case{"/a?api%5Fkey=S3cr", "/a?api%5Fkey=***"}, Case{"/a?%61pikey=S3cr", "/a?%61pikey=***"},
        Case{"/a?apikey[]=S3cr", "/a?apikey[]=***"}, Case{"/a?x=1?apikey=S3cr", "/a?x=1?apikey=***"},
        Case{"/a#access_token=S3cr&x=1", "/a#access_token=***&x=1"}, Case{"/a?apikey=S=3=cr", "/a?apikey=***"},
        Case{"/o?X-Amz-Credential=AK%2F2026&X-Amz-Date=20260101T000000Z&X-Amz-Signature=S3cr",
             "/o?X-Amz-Credential=***&X-Amz-Date=20260101T000000Z&X-Amz-Signature=***"},
        Case{"/o?GoogleAccessId=x&Expires=1&X-Goog-Signature=S3cr",
             "/o?GoogleAccessId=x&Expires=1&X-Goog-Signature=***"},
        Case{"/o?AWSAccessKeyId=S3cr&Expires=1&Signature=S3cr", "/o?AWSAccessKeyId=***&Expires=1&Signature=***"},
        Case{"/o?oauth_signature=S3cr&oauth_verifier=S3cr", "/o?oauth_signature=***&oauth_verifier=***"},
        Case{"/a?PHPSESSID=S3cr&jsessionid=S3cr&sessid=S3cr", "/a?PHPSESSID=***&jsessionid=***&sessid=***"},
        Case{"/a?passphrase=S3cr&jwt=S3cr&totp=S3cr&client_assertion=S3cr",
             "/a?passphrase=***&jwt=***&totp=***&client_assertion=***"},
        Case{"/a?blob=2b51db35e1910123321025a12b9933d2&x=1", "/a?blob=***&x=1"},
        Case{"/a?2b51db35e1910123321025a12b9933d2=1", "/a?***=1"},
        Case{"/a?12345678901234567890123456789012", "/a?***"}, Case{"/12345678901234567890123456789012/x", "/***/x"},
        Case{"/a?apikey=", "/a?apikey="}, Case{"/a?apikey", "/a?apikey"}));

INSTANTIATE_TEST_SUITE_P(
    PathSegments, RedactedUrlTest,
    testing::Values(
        Case{"/getnzb/2b51db35e1910123321025a12b9933d2.nzb&i=37&r=S3cr", "/getnzb/***&i=***&r=***"},
        Case{"/fetch/2b51db35e1912ffc138825a12b9933d2/2b51db35e1910123321025a12b9933d2", "/fetch/***/***"},
        Case{"http://rss.torrentleech.org/S3cr", "http://rss.torrentleech.org/***"},
        Case{"http://rss24h.torrentleech.org/S3cr", "http://rss24h.torrentleech.org/***"},
        Case{"http://rss.torrentleech.org/rss/download/12345/01233210/a.torrent",
             "http://rss.torrentleech.org/rss/download/12345/***/a.torrent"},
        Case{"https://t.test/9pr04sg601233210imaveql2tyu8xyui/announce", "https://t.test/***/announce"},
        Case{"https://t.test/a1b2c3d4/announce.php", "https://t.test/***/announce.php"},
        Case{"http://t.test:80/announce/S3cr", "http://t.test:80/announce/***"},
        Case{"http://t.test/tracker/announce", "http://t.test/tracker/announce"},
        Case{"https://beyond-hd.me/torrent/download/some-film-2022-web.225146.2b51db35e1910123321025a12b9933d2",
             "https://beyond-hd.me/torrent/download/***"},
        Case{"https://discord.com/api/webhooks/012332/S3cr", "https://discord.com/api/webhooks/***/***"},
        Case{"https://api.telegram.org/bot1234567890:S3cr/sendMessage", "https://api.telegram.org/***/sendMessage"},
        Case{"https://n.test/api/v1/notification/passthrough/6f9619ff-8b86-d011-b42d-00cf4fc964ff",
             "https://n.test/api/v1/notification/passthrough/***"},
        Case{"/torrent/944691/download/01233210123321012332101233210a/", "/torrent/944691/download/***/"},
        Case{"/a;token=S3cr/b", "/a;token=***/b"}, Case{"/apikey=S3cr/b", "/apikey=***/b"}));

INSTANTIATE_TEST_SUITE_P(Userinfo, RedactedUrlTest,
                         testing::Values(Case{"http://user:S3cr@a.test/b", "http://***@a.test/b"},
                                         Case{"http://S3cr@a.test", "http://***@a.test"},
                                         Case{"http://u:p@S3cr@a.test/", "http://***@a.test/"},
                                         Case{"u:S3cr@a.test:443", "***@a.test:443"},
                                         Case{"u:S3cr@a.test/b?x=1", "***@a.test/b?x=1"},
                                         Case{"redis://:S3cr@r.test:6379/0", "redis://***@r.test:6379/0"},
                                         Case{"/u@v/w", "/u@v/w"}, Case{"a.test:443", "a.test:443"}));

INSTANTIATE_TEST_SUITE_P(
    Nested, RedactedUrlTest,
    testing::Values(Case{"/a?url=http%3A%2F%2Fi.test%2F%3Fapikey%3DS3cr", "/a?url=***"},
                    Case{"/a?url=http%253A%252F%252Fi.test%252F%253Fapikey%253DS3cr", "/a?url=***"},
                    Case{"/a?url=http://i.test/?apikey=S3cr", "/a?url=http://i.test/?apikey=***"},
                    Case{"/a?url=http%3A%2F%2Fu%3AS3cr%40i.test%2F&b=1", "/a?url=***&b=1"},
                    Case{"/go/http%3A%2F%2Fi.test%2F%3Fapikey%3DS3cr/x", "/go/***/x"},
                    Case{"/a?q=x%26apikey%3DS3cr", "/a?q=***"}, Case{"/a?q=apikey=S3cr", "/a?q=***"},
                    Case{"/a?url=http%3A%2F%2Fi.test%2Fa&b=1", "/a?url=http%3A%2F%2Fi.test%2Fa&b=1"}));

class HarmlessUrlTest : public testing::TestWithParam<std::string_view> {};

TEST_P(HarmlessUrlTest, StaysAsItIs) { EXPECT_EQ(redact_url(GetParam()), GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Redact, HarmlessUrlTest,
    testing::Values("", "/", "*", "?", "#", "a.test:443", "http://a.test",
                    "/3/tv/1399?language=en-US&append_to_response=credits,images", "/v1/tvdb/shows/en/121361",
                    "/t/p/w500/kqjL17yufvn9OVLyXYpvtyrFfak.jpg",
                    "/api/v0.4/artist/83d91898-7763-47d7-b03b-b92132375c47", "/api/v3/series?tvdbId=121361",
                    "/the-mandalorian-season-2-episode-5", "/some-film-2022-2160p-nf-web-dl-ddp-51-hdr-hevc",
                    "/api?t=tvsearch&q=Doctor.Who.2005&season=00&ep=03%2F05&cat=5030,5040&extended=1",
                    "/search?query=K%C3%B6nig%20der%20L%C3%B6wen", "/banners/v4/series/121361/posters/6109a3b8.jpg",
                    "/?t=caps&o=json&limit=100&offset=0&id=1", "/movie/internationalization", "/1234567890123456789",
                    "/announce", "/api/v1/rss/download", "/robots.txt", "/a//b///c", "/%", "/a?%=%&&;;=", "://", "@"));

TEST(Redact, AppendingIsTheSameAsRedactingTheWhole) {
  std::string line = "GET ";
  append_redacted(line, "/getnzb/a.nzb&i=1&r=S3cr", "apikey=S3cr&x=1");
  EXPECT_EQ(line, "GET /getnzb/a.nzb&i=***&r=***?apikey=***&x=1");
  EXPECT_EQ(redact_path("/t/a1b2c3d4e5f6a7b8/announce"), "/t/***/announce");
}

TEST(Redact, AQueryWithoutSecretsStaysAsItIs) {
  std::string line;
  append_redacted(line, "/3/tv/1399", "language=en-US&append_to_response=credits,images");
  EXPECT_EQ(line, "/3/tv/1399?language=en-US&append_to_response=credits,images");
}

TEST(Redact, APlantedSecretIsNotSeenInAnyPosition) {
  const std::string secret{kHex};
  for (const std::string before : {"/", "/a/", "/getnzb/", "/?apikey=", "/?a=1&token=", "/?a=1;passkey=", "http://u:",
                                   "/announce/", "/?x=http%3A%2F%2Fa%2F%3Ftoken%3D", "/;r=", "/&r=", "/?", "/#auth="}) {
    for (const std::string after : {"", "/", "/announce", "&x=1", ";y", "#z", "?q=1", ".nzb", "@a.test/"}) {
      if (before == "http://u:" && !after.starts_with('@')) continue;
      const auto url = before + secret + after;
      EXPECT_EQ(redact_url(url).find(secret), std::string::npos) << url;
    }
  }
}

TEST(Redact, DeepNestingEndsInAMask) {
  std::string url = "/?";
  for (int i = 0; i < 5000; ++i) url += "a=";
  EXPECT_EQ(redact_url(url), "/?a=***");
}

TEST(Redact, AnyBytesAreTaken) {
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  EXPECT_FALSE(redact_url(every).empty());
  EXPECT_FALSE(redact_path(every + every).empty());
}

TEST(RedactedWords, HideWhatStandsBehindASecretsName) {
  const auto shown = [](std::string_view words) { return shown_words(words); };
  EXPECT_EQ(shown("limit reached\npass=hunter2"), "limit reached\npass=***");
  EXPECT_EQ(shown(R"({"apikey":"short1","left":3})"), R"({"apikey":"***","left":3})");
  EXPECT_EQ(shown(R"({"apikey" : 123, "left": 3})"), R"({"apikey" : ***, "left": 3})");
  EXPECT_EQ(shown("wrong apikey: short1 (see help)"), "wrong apikey: *** (see help)");
  EXPECT_EQ(shown("Mozilla/5.0 (X11; rv:128.0) time: 12:30"), "Mozilla/5.0 (X11; rv:128.0) time: 12:30");
}

TEST(RedactedWords, OfAStrangerEndWithinNoCharacter) {
  std::string words(199, 'a');
  words += "\u00e4 and more";
  EXPECT_EQ(shown_words(words), std::string(199, 'a'));
}

TEST(SecretNames, ParametersAreKnownInEverySpelling) {
  for (const auto* const name : {"apikey",
                                 "apiKey",
                                 "API_KEY",
                                 "api-key",
                                 "prowlarr_apikey",
                                 "token",
                                 "refresh_token",
                                 "passkey",
                                 "torrent_pass",
                                 "auth",
                                 "authkey",
                                 "rsskey",
                                 "user",
                                 "uid",
                                 "u",
                                 "tp",
                                 "api",
                                 "r",
                                 "i",
                                 "account",
                                 "passwd",
                                 "password",
                                 "username",
                                 "client_key",
                                 "session_id",
                                 "guest_session_id",
                                 "X-Plex-Token",
                                 "nzb_key",
                                 "pin",
                                 "pwd",
                                 "clientSecret"}) {
    EXPECT_TRUE(is_secret_parameter(name)) << name;
  }
  for (const auto* const name : {"", "q", "t", "id", "tvdbid", "season", "language", "cat", "limit", "page", "keyword",
                                 "keys", "tokens", "authors", "usercount", "include", "sort", "monkey", "hockey"}) {
    EXPECT_FALSE(is_secret_parameter(name)) << name;
  }
}

TEST(SecretNames, OfALongNameTheEndDecides) {
  EXPECT_TRUE(is_secret_parameter(std::string(200, 'x') + "_apikey"));
  EXPECT_FALSE(is_secret_parameter("apikey" + std::string(200, 'x')));
}

TEST(SecretNames, FieldsAreKnownInAnyCase) {
  for (const auto* const name :
       {"Authorization", "proxy-authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Api-Key", "trakt-api-key",
        "client-key", "X-Plex-Token", "X-Emby-Token", "X-DNZB-Failure", "X-Auth-Token", "X-Emby-Authorization",
        "X-Transmission-Session-Id", "X-Plex-Client-Identifier"}) {
    EXPECT_TRUE(is_secret_field(name)) << name;
  }
  for (const auto* const name : {"", "Accept", "Host", "User-Agent", "WWW-Authenticate", "Location",
                                 "X-Application-Version", "Sec-WebSocket-Key", "ETag", "X-Plex-Version"}) {
    EXPECT_FALSE(is_secret_field(name)) << name;
  }
}

TEST(SecretShape, KeysMixLettersAndDigitsAtLength) {
  for (const auto* const word : {"2b51db35e1910123321025a12b9933d2", "A1b2C3d4E5f6G7h8", "film.123.2b51db35e1910123",
                                 "aBcDeFgHiJkLmNoPqRsT", "2b51db35e1910123321025a12b9933d2.nzb"}) {
    EXPECT_TRUE(is_secret_shape(word)) << word;
  }
  for (const auto* const word :
       {"", "2b51db35e19101", "internationalization", "1234567890123456", "TheBigBangTheorySeries",
        "83d91898-7763-47d7-b03b-b92132375c47", "kqjL17yufvn9OVLyXYpvtyrFfak.jpg"}) {
    EXPECT_FALSE(is_secret_shape(word)) << word;
  }
}

}  // namespace
}  // namespace cachearr
