#include "content/magic.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace cachearr::content {
namespace {

using namespace std::string_view_literals;

TEST(Magic, KnowsImagesByTheirBytes) {
  for (const auto bytes : {"\xFF\xD8\xFF\xE0 jpeg \xFF\xD9"sv, "\x89PNG\r\n\x1A\n data IEND\xAE\x42\x60\x82"sv,
                           "GIF89a data \0;"sv, "GIF87a data \0;\0\0"sv, "RIFF\x0C\0\0\0WEBPVP8 abcd"sv,
                           "\0\0\0\x1C"
                           "ftypavif\0\0\0\0"sv,
                           "\0\0\0\x1C"
                           "ftypheic"sv,
                           "\0\0\1\0\1\0"sv, "BM1234"sv, "II*\0abc"sv, "MM\0*abc"sv}) {
    EXPECT_EQ(wrong_image(bytes), "") << bytes;
  }
}

TEST(Magic, KnowsImagesThatAreCutOff) {
  for (const auto bytes :
       {"\xFF\xD8\xFF\xE0 jpeg"sv, "\xFF\xD8\xFF\xE1 thumb \xFF\xD9 and then a long picture"sv,
        "\x89PNG\r\n\x1A\n data"sv, "GIF89a data that never comes to its end"sv, "RIFF\xFF\0\0\0WEBPVP8 abcd"sv}) {
    EXPECT_EQ(wrong_image(bytes), "an image that is cut off") << bytes;
  }
}

TEST(Magic, KnowsWhatIsNoImage) {
  for (const auto bytes : {""sv, "not found"sv, "<html>"sv, "{}"sv, "RIFF1234WAVE"sv, "\xFF\xD8"sv, "%PDF-1.4"sv}) {
    EXPECT_EQ(wrong_image(bytes), "no image where an image is due") << bytes;
  }
}

TEST(Magic, KnowsTorrents) {
  const std::string torrent = "d8:announce14:http://t.org/a4:infod6:lengthi12e4:name1:aee";
  EXPECT_EQ(wrong_torrent(torrent), "");
  EXPECT_EQ(wrong_torrent(torrent + "\n"), "");
  for (std::size_t size = 1; size < torrent.size(); ++size)
    EXPECT_EQ(wrong_torrent(torrent.substr(0, size)), "a torrent that is broken or cut off") << size;
  EXPECT_EQ(wrong_torrent(torrent + "x"), "a torrent that is broken or cut off");
  EXPECT_EQ(wrong_torrent("d1:a1:be"), "a torrent without an info");
  EXPECT_EQ(wrong_torrent("dear user, your limit is reached"), "a torrent that is broken or cut off");
  for (const auto bytes : {""sv, "<html>"sv, "{}"sv, "magnet:?xt=urn:btih:1"sv})
    EXPECT_EQ(wrong_torrent(bytes), "no torrent where a torrent is due") << bytes;
}

TEST(Magic, SurvivesBottomlessAndAbsurdTorrents) {
  EXPECT_NE(wrong_torrent(std::string(100'000, 'd')), "");
  EXPECT_NE(wrong_torrent("d99999999999999999999:"), "");
  EXPECT_NE(wrong_torrent("die"), "");
}

}  // namespace
}  // namespace cachearr::content
