#include "content/coding.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

namespace cachearr::content {
namespace {

constexpr std::uint64_t kMany = 1 << 20;

TEST(Coding, IsKnownByItsName) {
  EXPECT_EQ(coding_of(""), Coding::identity);
  EXPECT_EQ(coding_of("identity"), Coding::identity);
  EXPECT_EQ(coding_of(" GZip "), Coding::gzip);
  EXPECT_EQ(coding_of("x-gzip"), Coding::gzip);
  EXPECT_EQ(coding_of("br"), Coding::brotli);
  EXPECT_EQ(coding_of("gzip, br"), Coding::unknown);
  EXPECT_EQ(coding_of("zstd"), Coding::unknown);
}

TEST(Coding, StaysAsStoredWhereTheClientAcceptsIt) {
  EXPECT_EQ(choose_coding("gzip, br", Coding::gzip), Coding::gzip);
  EXPECT_EQ(choose_coding("br;q=1.0, gzip;q=0.2", Coding::gzip), Coding::gzip);
  EXPECT_EQ(choose_coding("*", Coding::brotli), Coding::brotli);
}

TEST(Coding, IsDecodedForAClientThatTakesLess) {
  EXPECT_EQ(choose_coding("", Coding::gzip), Coding::identity);
  EXPECT_EQ(choose_coding("identity", Coding::brotli), Coding::identity);
  EXPECT_EQ(choose_coding("gzip;q=0", Coding::gzip), Coding::identity);
  EXPECT_EQ(choose_coding("gzip", Coding::brotli), Coding::gzip);
}

TEST(Coding, OfPlainTextIsTheBestTheClientNames) {
  EXPECT_EQ(choose_coding("gzip, deflate, br", Coding::identity), Coding::brotli);
  EXPECT_EQ(choose_coding("gzip", Coding::identity), Coding::gzip);
  EXPECT_EQ(choose_coding("gzip;q=0.8, br;q=0.5", Coding::identity), Coding::gzip);
  EXPECT_EQ(choose_coding("x-gzip", Coding::identity), Coding::gzip);
}

TEST(Coding, IsIdentityWhereTheClientPrefersThat) {
  EXPECT_EQ(choose_coding("identity, gzip;q=0.5", Coding::identity), Coding::identity);
  EXPECT_EQ(choose_coding("deflate", Coding::identity), Coding::identity);
  EXPECT_EQ(choose_coding("*;q=0", Coding::identity), Coding::identity);
}

TEST(Coding, ThatIsUnknownIsNeverConverted) { EXPECT_EQ(choose_coding("gzip", Coding::unknown), Coding::unknown); }

class RoundTrip : public ::testing::TestWithParam<Coding> {};

TEST_P(RoundTrip, GivesBackTheBody) {
  for (const std::size_t size : {0U, 1U, 1000U, 300'000U}) {
    const std::string body(size, 'x');
    const auto packed = encode_body(body, GetParam());
    ASSERT_TRUE(packed);
    EXPECT_EQ(decode_body(*packed, GetParam(), kMany), body);
  }
}

TEST_P(RoundTrip, RefusesMoreThanTheLimit) {
  const auto packed = encode_body(std::string(300'000, 'x'), GetParam());
  EXPECT_FALSE(decode_body(*packed, GetParam(), 100'000));
  EXPECT_FALSE(decode_body(*packed, GetParam(), 299'999));
  EXPECT_TRUE(decode_body(*packed, GetParam(), 300'000));
}

TEST_P(RoundTrip, RefusesABodyCutShort) {
  const auto packed = encode_body("some text that is long enough to be packed, and packed", GetParam());
  for (std::size_t size = 0; size < packed->size(); ++size) {
    EXPECT_FALSE(decode_body(packed->substr(0, size), GetParam(), kMany)) << size;
  }
}

TEST_P(RoundTrip, SurvivesAnyBytes) {
  std::mt19937 random{5};
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 200, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    decode_body(bytes, GetParam(), kMany);
  }
}

INSTANTIATE_TEST_SUITE_P(Codings, RoundTrip, ::testing::Values(Coding::gzip, Coding::brotli));

TEST(Zstd, GivesBackTheBody) {
  const std::string body(100'000, 'x');
  const std::string frame = zstd_encode(body);
  ASSERT_FALSE(frame.empty());
  std::string plain(body.size(), '\0');
  EXPECT_TRUE(zstd_decode_into(frame, plain));
  EXPECT_EQ(plain, body);
}

TEST(Zstd, IsNotUsedWhereItSavesTooLittle) {
  std::mt19937 random{5};
  std::string noise(10'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  EXPECT_EQ(zstd_encode(noise), "");
}

TEST(Zstd, RefusesAFrameOfAnotherSize) {
  const std::string frame = zstd_encode(std::string(10'000, 'x'));
  std::string plain(9'999, '\0');
  EXPECT_FALSE(zstd_decode_into(frame, plain));
  plain.resize(10'001);
  EXPECT_FALSE(zstd_decode_into(frame, plain));
}

}  // namespace
}  // namespace cachearr::content
