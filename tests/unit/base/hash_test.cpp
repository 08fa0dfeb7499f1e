#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace cachearr {
namespace {

TEST(Hash, OfNothingIsTheKnownXxh3Value) { EXPECT_EQ(to_hex(hash128("")), "99aa06d3014798d86001c324468d497f"); }

TEST(Hash, EqualBytesHashEquallyAndOthersDoNot) {
  EXPECT_EQ(hash128("series:1"), hash128("series:1"));
  EXPECT_NE(hash128("series:1"), hash128("series:2"));
}

TEST(Hash, IsWrittenAs32LowerCaseDigits) { EXPECT_EQ(to_hex({0x1, 0xABCDEF}), "0000000000abcdef0000000000000001"); }

TEST(Hash, AKeyedHashIsTheFrontOfHmacSha256) {
  // RFC 4231, case 1: HMAC begins b0344c61d8db38535ca8afceaf0bf12b.
  const auto hash = keyed_hash(std::string(20, '\x0b'), "Hi There");
  EXPECT_EQ(hash.low, 0x5338dbd8614c34b0ULL);
  EXPECT_EQ(hash.high, 0x2bf10bafceafa85cULL);
}

TEST(Hash, AnotherKeyGivesAnotherName) {
  EXPECT_NE(keyed_hash("0123456789abcdef", "secret"), keyed_hash("0123456789abcdeg", "secret"));
  EXPECT_FALSE(keyed_hash("0123456789abcdef", "").empty());
}

}  // namespace
}  // namespace cachearr
