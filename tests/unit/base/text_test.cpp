#include "base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> members_of(std::string_view list) {
  std::vector<std::string> members;
  for_each_member(list, [&](std::string_view member) { members.emplace_back(member); });
  return members;
}

TEST(Text, LowerTouchesOnlyAsciiLetters) { EXPECT_EQ(to_lower("AbZ09-_\xC4"), "abz09-_\xC4"); }

TEST(Text, ComparisonIgnoresCaseOfAsciiLettersOnly) {
  EXPECT_TRUE(iequals("Content-Length", "cONTENT-lENGTH"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("@", "`"));
  EXPECT_FALSE(iequals("\xC4", "\xE4"));
}

TEST(Text, APartIsFoundInAnyCase) {
  EXPECT_TRUE(icontains("Application/JSON; x", "json"));
  EXPECT_TRUE(icontains("json", ""));
  EXPECT_TRUE(icontains("", ""));
  EXPECT_FALSE(icontains("jso", "json"));
  EXPECT_FALSE(icontains("", "json"));
}

TEST(Text, TrimTakesSpacesAndTabsOnly) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim("\v a\r"), "\v a\r");
  EXPECT_EQ(trim(" \t "), "");
}

TEST(Text, PartsAreJoinedByCommas) {
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined({"a"}), "a");
  EXPECT_EQ(joined({"a", "b", "c"}), "a, b, c");
}

TEST(Text, ListMembersAreTrimmedAndEmptyOnesLeftOut) {
  EXPECT_THAT(members_of(" a ,, b\t,c,"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(members_of(""), IsEmpty());
  EXPECT_THAT(members_of(" , ,"), IsEmpty());
}

TEST(Text, CommasInsideQuotedStringsDoNotSeparate) {
  EXPECT_THAT(members_of(R"(a="x, y", b)"), ElementsAre(R"(a="x, y")", "b"));
  EXPECT_THAT(members_of(R"(a="x\", y", b)"), ElementsAre(R"(a="x\", y")", "b"));
}

TEST(Text, AnUnfinishedQuotedStringStillIsAMember) {
  EXPECT_THAT(members_of(R"(a, "b, c)"), ElementsAre("a", R"("b, c)"));
  EXPECT_THAT(members_of("a, \"b\\"), ElementsAre("a", "\"b\\"));
}

TEST(Text, UnsignedNumbersAreDigitsOnly) {
  EXPECT_EQ(parse_unsigned("0"), 0U);
  EXPECT_EQ(parse_unsigned("0000000000000000000000000000003"), 3U);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), 18446744073709551615ULL);
  for (const auto* const text : {"", "+1", "-1", " 1", "1 ", "0x1", "1.0", "1e3", "1_0", "18446744073709551616"}) {
    EXPECT_FALSE(parse_unsigned(text)) << text;
  }
}

TEST(Text, NumbersAreAppendedInDecimal) {
  std::string out = "n=";
  append_number(out, -9223372036854775807LL - 1);
  append_number(out, 0);
  EXPECT_EQ(out, "n=-92233720368547758080");
}

TEST(Text, PercentDecodingLeavesWhatIsNoEscape) {
  EXPECT_EQ(percent_decode("a%2Fb%2fc%00"), std::string_view("a/b/c\0", 6));
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%4g%"), "%zz%4g%");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
}

TEST(Text, PercentEncodingIsUndoneByDecoding) {
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(every)), every);
  EXPECT_EQ(percent_encode("aZ09-._~ /?\xFF"), "aZ09-._~%20%2F%3F%FF");
}

TEST(Text, SplittingKeepsEmptyParts) {
  EXPECT_THAT(split("/a//b", '/'), ElementsAre("", "a", "", "b"));
  EXPECT_THAT(split("", '/'), ElementsAre(""));
}

struct Glob {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

class GlobTest : public testing::TestWithParam<Glob> {};

TEST_P(GlobTest, MatchesAsShellsDo) {
  EXPECT_EQ(glob_match(GetParam().pattern, GetParam().text), GetParam().matches)
      << GetParam().pattern << " on " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Text, GlobTest,
                         testing::Values(Glob{"", "", true}, Glob{"", "a", false}, Glob{"*", "", true},
                                         Glob{"*", "anything", true}, Glob{"?", "", false}, Glob{"?", "a", true},
                                         Glob{"series:*", "series:1", true}, Glob{"series:*", "serie:1", false},
                                         Glob{"*:1", "series:1", true}, Glob{"*:1", "series:12", false},
                                         Glob{"a*b*c", "axxbyyc", true}, Glob{"a*b*c", "axxbyy", false},
                                         Glob{"*ab", "aab", true}, Glob{"*a?b", "xaab", true}, Glob{"**", "x", true},
                                         Glob{"a**", "a", true}, Glob{"[a]", "[a]", true}, Glob{"\\*", "\\x", true},
                                         Glob{"A", "a", false}));

TEST(Text, GlobsDoNotBlowUpOnManyStars) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  pattern += "*b";
  EXPECT_FALSE(glob_match(pattern, std::string(5000, 'a')));
}

TEST(Text, Base64FollowsTheVectorsOfRfc4648) {
  const std::vector<std::pair<std::string, std::string>> vectors{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Text, Base64MayLackItsPadding) {
  EXPECT_EQ(base64_decode("Zg"), "f");
  EXPECT_EQ(base64_decode("Zm8"), "fo");
}

TEST(Text, Base64RefusesForeignBytesAndLengths) {
  for (const auto* const text : {"Z", "Zm9vY", "Zm=v", "Zm9v====", "Z===", "Zm 9v", "Zm9v\n", "Zm-_", "Zg="}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
}

TEST(Text, Base64IsExactForEveryByte) {
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  for (std::size_t length = 250; length <= 256; ++length) {
    EXPECT_EQ(base64_decode(base64_encode(every.substr(0, length))), every.substr(0, length));
  }
}

TEST(Text, Utf8IsStrict) {
  for (const auto* const good :
       {"", "abc", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x8E\xAC", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const auto* const bad :
       {"\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xE2\x82", "a\xE2\x28\xA1"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
  EXPECT_FALSE(is_utf8(std::string_view("a\0b", 3)));
}

TEST(Text, JsonStringsEscapeWhatJsonForbids) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\r\t\x01\x7F\0\xC3\xA4", 11));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\r\\t\\u0001\\u007F\\u0000\xC3\xA4\"");
}

TEST(Text, JsonStringsReplaceWhatIsNoUtf8) {
  std::string out;
  append_json_string(out,
                     "\xFF"
                     "a\xC3");
  EXPECT_EQ(out,
            "\"\xEF\xBF\xBD"
            "a\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace cachearr::text
