#include "rules/secret_memo.hpp"

#include <gtest/gtest.h>
#include <string>

#include "base/redact.hpp"

namespace cachearr::rules {
namespace {

std::string shown(SecretMemo& memo, std::string_view value) {
  std::string out{"before: "};
  memo.append_redacted_value(out, value);
  return out;
}

std::string redacted(std::string_view value) {
  std::string out{"before: "};
  append_redacted_words(out, value);
  return out;
}

TEST(SecretMemo, ShowsAValueTheSameWayEachTime) {
  SecretMemo memo;
  for (int round = 0; round < 3; ++round) {
    for (const std::string value : {"Sonarr/4.0.9 (linux)", "application/json, text/*", "gzip, br", "", "x"})
      EXPECT_EQ(shown(memo, value), redacted(value)) << value;
  }
}

TEST(SecretMemo, RedactsAValueEachTime) {
  SecretMemo memo;
  const std::string value = "see http://a.example/?apikey=0123456789abcdef0123456789abcdef";
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(shown(memo, value), redacted(value));
    EXPECT_EQ(shown(memo, value).find("0123456789abcdef"), std::string::npos);
  }
}

TEST(SecretMemo, KeepsValuesApartThatShareAPlace) {
  SecretMemo memo;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1000; ++i) {
      const auto value = "program/" + std::to_string(i);
      EXPECT_EQ(shown(memo, value), "before: " + value);
    }
  }
}

TEST(SecretMemo, ShowsALongValueToo) {
  SecretMemo memo;
  for (const auto size : {126U, 127U, 128U, 5000U}) {
    const std::string value(size, ' ');
    EXPECT_EQ(shown(memo, value), redacted(value)) << size;
    EXPECT_EQ(shown(memo, value), redacted(value)) << size;
  }
}

TEST(SecretMemo, SaysTheSameOfNamesAsTheRules) {
  SecretMemo memo;
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(memo.is_field("Authorization"));
    EXPECT_FALSE(memo.is_field("Accept"));
    EXPECT_TRUE(memo.is_parameter("apikey"));
    EXPECT_FALSE(memo.is_parameter("query"));
  }
}

}  // namespace
}  // namespace cachearr::rules
