#include "base/secret_equal.hpp"

#include <gtest/gtest.h>

namespace cachearr {
namespace {

TEST(SecretEqual, OnlyTheWholeSecretIsRight) {
  EXPECT_TRUE(is_secret("0123456789abcdef", "0123456789abcdef"));
  EXPECT_FALSE(is_secret("0123456789abcdef", "0123456789abcdeF"));
  EXPECT_FALSE(is_secret("0123456789abcdef", "1123456789abcdef"));
}

TEST(SecretEqual, APartOrARepetitionOfTheSecretIsWrong) {
  EXPECT_FALSE(is_secret("abab", "ab"));
  EXPECT_FALSE(is_secret("ab", "abab"));
  EXPECT_FALSE(is_secret("ab", ""));
}

TEST(SecretEqual, NothingEqualsASecretThatIsNotSet) {
  EXPECT_FALSE(is_secret("", ""));
  EXPECT_FALSE(is_secret("", "x"));
}

}  // namespace
}  // namespace cachearr
