#include "content/encoder.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

#include "content/decoder.hpp"

namespace cachearr::content {
namespace {

TEST(Encoder, MakesWhatADecoderUndoes) {
  for (const auto coding : {Coding::gzip, Coding::brotli}) {
    for (const std::size_t size : {0U, 1U, 1000U, 300'000U}) {
      const std::string body(size, 'x');
      const auto packed = encode(body, coding);
      ASSERT_TRUE(packed);
      EXPECT_EQ(decode(name_of(coding), *packed), body);
    }
  }
}

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
