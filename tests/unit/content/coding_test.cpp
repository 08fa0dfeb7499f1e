#include "content/coding.hpp"

#include <gtest/gtest.h>
#include <utility>

namespace cachearr::content {
namespace {

TEST(Coding, IsKnownByItsName) {
  EXPECT_EQ(coding_of(""), Coding::identity);
  EXPECT_EQ(coding_of("identity"), Coding::identity);
  EXPECT_EQ(coding_of(" GZip "), Coding::gzip);
  EXPECT_EQ(coding_of("x-gzip"), Coding::gzip);
  EXPECT_EQ(coding_of("br"), Coding::brotli);
  EXPECT_EQ(coding_of("gzip, br"), Coding::unknown);
  EXPECT_EQ(coding_of("zstd"), Coding::zstd);
  EXPECT_EQ(coding_of("deflate"), Coding::deflate);
  EXPECT_EQ(coding_of("compress"), Coding::unknown);
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

TEST(Coding, OfTheClientsChoiceIsMadeWhereIdentityIsForbidden) {
  EXPECT_NE(choose_coding("*, identity;q=0", Coding::identity), Coding::identity);
  EXPECT_EQ(choose_coding("gzip, identity;q=0", Coding::identity), Coding::gzip);
}

TEST(Coding, SetsHoldWhatAClientTakesAndAreNeverEmpty) {
  const auto identity = set_of(Coding::identity);
  for (const auto& [sent, expected] :
       {std::pair{"", int{identity}},
        {"*;q=0", int{identity}},
        {"gzip", identity | set_of(Coding::gzip)},
        {"gzip;q=0", int{identity}},
        {"identity;q=0, br", int{set_of(Coding::brotli)}},
        {"x-gzip, deflate;q=0.001", identity | set_of(Coding::gzip) | set_of(Coding::deflate)},
        {"*",
         identity | set_of(Coding::gzip) | set_of(Coding::brotli) | set_of(Coding::deflate) | set_of(Coding::zstd)}})
    EXPECT_EQ(accepted_codings(sent), expected) << sent;
}

TEST(Coding, SetsSayOfEachCodingWhatIsSaidOfItAlone) {
  for (const auto* const sent :
       {"gzip, deflate, br, zstd", "gzip;q=0, *", "*;q=0, gzip", "*;q=0.5, identity;q=0", "gzip, gzip;q=0",
        "x-gzip;q=0, gzip", "GZIP;Q=1", "compress, *;q=0, br;q=0.2", "identity", "br;q=oops, gzip", ", ,gzip", "abc"}) {
    for (const auto coding : {Coding::identity, Coding::gzip, Coding::brotli, Coding::deflate, Coding::zstd})
      EXPECT_EQ((accepted_codings(sent) & set_of(coding)) != 0, accepts(sent, coding))
          << sent << " " << name_of(coding);
  }
}

TEST(Coding, ThatIsNotRegisteredNamesNothingThatCouldBeRefused) {
  EXPECT_TRUE(takes("gzip", "aws-chunked"));
  EXPECT_TRUE(takes("", "abcdef"));
  EXPECT_FALSE(takes("", "abcdef, gzip"));
}

TEST(Coding, OfSeveralIsTakenWhereEachIs) {
  for (const auto& [sent, coding] : {std::pair{"gzip, br", "gzip, br"},
                                     {"compress", "compress"},
                                     {"*", "aws-chunked"},
                                     {"gzip", "x-gzip"},
                                     {"", ""},
                                     {"", "identity"}})
    EXPECT_TRUE(takes(sent, coding)) << sent;
  for (const auto& [sent, coding] : {std::pair{"gzip", "gzip, br"},
                                     {"gzip, compress;q=0", "compress"},
                                     {"", "gzip"},
                                     {"*;q=0", "gzip"},
                                     {"gzip", "dcb"}})
    EXPECT_FALSE(takes(sent, coding)) << sent;
}

TEST(Coding, IsReadableWhereEachIsKnown) {
  EXPECT_TRUE(is_readable("gzip"));
  EXPECT_TRUE(is_readable("zstd, br, deflate"));
  EXPECT_FALSE(is_readable("gzip, gzip, gzip, gzip"));
  EXPECT_FALSE(is_readable("compress"));
  EXPECT_FALSE(is_readable("gzip, aws-chunked"));
}

TEST(Coding, ThatIsUnknownIsNeverConverted) { EXPECT_EQ(choose_coding("gzip", Coding::unknown), Coding::unknown); }

TEST(Coding, OfTheFamilysProgramsIsChosenFromWhatTheySend) {
  // Kodi, Bazarr and Python, node-themoviedb, Node's fetch, axios, .NET, browsers; then needle, wget, curl.
  for (const char* sent : {"gzip", "gzip, deflate", "gzip, deflate, br", "br, gzip, deflate",
                           "gzip, compress, deflate, br", "gzip, br", "gzip, deflate, br, zstd"}) {
    EXPECT_EQ(choose_coding(sent, Coding::gzip), Coding::gzip) << sent;
  }
  for (const char* sent : {"", "identity"}) EXPECT_EQ(choose_coding(sent, Coding::gzip), Coding::identity) << sent;
}

TEST(Coding, ThatIsForbiddenIsNotChosen) {
  EXPECT_EQ(choose_coding("gzip;q=0, br", Coding::gzip), Coding::brotli);
  EXPECT_EQ(choose_coding("*;q=0, gzip", Coding::brotli), Coding::gzip);
  EXPECT_EQ(choose_coding("identity;q=0, gzip;q=0.5", Coding::identity), Coding::gzip);
  EXPECT_EQ(choose_coding("gzip;level=9;q=0", Coding::gzip), Coding::identity);
  EXPECT_EQ(choose_coding("GZIP;Q=0.000", Coding::gzip), Coding::identity);
  EXPECT_EQ(choose_coding("gzip;q=nonsense", Coding::gzip), Coding::identity);
}

TEST(Coding, IsNotMadeForAStar) {
  EXPECT_EQ(choose_coding("*", Coding::identity), Coding::identity);
  EXPECT_EQ(choose_coding("gzip;q=0, *", Coding::identity), Coding::identity);
}

TEST(Coding, NobodyAskedForIsUndone) {
  EXPECT_EQ(choose_coding("gzip", Coding::zstd), Coding::gzip);
  EXPECT_EQ(choose_coding("", Coding::deflate), Coding::identity);
}

TEST(Coding, IsAcceptedWhereItIsNamedOrMeantAndNotForbidden) {
  EXPECT_TRUE(accepts("x-gzip", Coding::gzip));
  EXPECT_TRUE(accepts("*", Coding::zstd));
  EXPECT_TRUE(accepts("br", Coding::identity));
  EXPECT_FALSE(accepts("identity;q=0", Coding::identity));
  EXPECT_FALSE(accepts("*;q=0", Coding::identity));
  EXPECT_FALSE(accepts("*", Coding::unknown));
}

}  // namespace
}  // namespace cachearr::content
