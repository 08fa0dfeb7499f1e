#include "caching/variant.hpp"

#include <gtest/gtest.h>
#include <string>

#include "unit/caching/heads.hpp"

namespace cachearr::caching {
namespace {

using namespace test;

/// As much of a stored entry as selection reads.
struct Stored {
  EntryMeta meta;
  std::string text;
  const std::string& head() const { return text; }
};

Stored stored(std::uint16_t flags, std::string head = {}, Duration fresh = Duration{0}) {
  Stored entry;
  entry.text = std::move(head);
  entry.meta.flags = flags;
  entry.meta.fresh_until_ms = (kNow + fresh).time_since_epoch().count();
  return entry;
}

const std::string kIdentity = "GET http://a.test/";
const ResourceName kResource{kIdentity, hash128(kIdentity)};

VariantName named(std::string_view varies_by, Lines request) {
  VariantName name;
  name_variant(kResource, varies_by, Question{request}.head.fields, name);
  return name;
}

TEST(VariantName, IsTheResourceItselfWhereItDoesNotVary) {
  EXPECT_EQ(named("", {{"Accept-Language", "de"}}), (VariantName{"", kIdentity, kResource.id}));
}

TEST(VariantName, TellsApartWhatTheSelectingFieldsTellApart) {
  const auto german = named("accept-language", {{"Accept-Language", "de"}, {"User-Agent", "a"}});
  EXPECT_EQ(german, named("accept-language", {{"Accept-Language", "de"}, {"User-Agent", "b"}}));
  EXPECT_NE(german.id, named("accept-language", {{"Accept-Language", "fr"}}).id);
  EXPECT_NE(german.id, named("accept-language", {}).id);
  EXPECT_NE(german.id, kResource.id);
  EXPECT_EQ(german.id, hash128(german.identity));
}

TEST(VariantName, BelongsToItsResource) {
  VariantName other;
  name_variant({"GET http://b.test/", hash128("GET http://b.test/")}, "foo", Question{}.head.fields, other);
  EXPECT_NE(other.identity, named("foo", {}).identity);
}

TEST(SelectVariant, StaysWhereNoMarkerStands) {
  const Question question;
  const auto response = stored(0, "HTTP/1.1 200 OK");
  auto name = named("foo", {});
  EXPECT_FALSE(select_variant(kResource, marker_of(&response), question.head.fields, name));
  EXPECT_EQ(name, named("", {}));
  name = named("foo", {});
  EXPECT_FALSE(select_variant(kResource, marker_of(static_cast<const Stored*>(nullptr)), question.head.fields, name));
  EXPECT_EQ(name, named("", {}));
}

TEST(SelectVariant, GoesOnWhereAMarkerPoints) {
  const Question question{{{"Accept-Language", "de"}}};
  const auto marker = stored(kVaryMarker, "accept-language");
  VariantName name;
  EXPECT_TRUE(select_variant(kResource, marker_of(&marker), question.head.fields, name));
  EXPECT_EQ(name, named("accept-language", {{"Accept-Language", "de"}}));
}

TEST(SelectVariant, FollowsAMarkerThatChanged) {
  const Question question{{{"Accept-Language", "de"}, {"Foo", "1"}}};
  const auto marker = stored(kVaryMarker, "accept-language,foo");
  auto name = named("accept-language", {{"Accept-Language", "de"}});
  EXPECT_TRUE(select_variant(kResource, marker_of(&marker), question.head.fields, name));
  EXPECT_EQ(name, named("accept-language,foo", {{"Accept-Language", "de"}, {"Foo", "1"}}));
}

TEST(SelectVariant, NeverLooksTwiceForAMarkerThatNamesNothing) {
  const auto marker = stored(kVaryMarker);
  VariantName name;
  EXPECT_FALSE(select_variant(kResource, marker_of(&marker), Question{}.head.fields, name));
}

TEST(EntryKind, FollowsFlagsAndTime) {
  EXPECT_EQ(kind_of(stored(kMustRevalidate).meta, kNow), EntryKind::response);
  EXPECT_EQ(kind_of(stored(kVaryMarker, "foo").meta, kNow), EntryKind::vary_marker);
  EXPECT_EQ(kind_of(stored(kPartial).meta, kNow), EntryKind::part);
  EXPECT_EQ(kind_of(stored(kHitForMiss, "", 1s).meta, kNow), EntryKind::hit_for_miss);
  EXPECT_EQ(kind_of(stored(kHitForMiss).meta, kNow), EntryKind::expired_mark);
}

VariantName named_by_language(std::string_view varies_by, Lines request, std::string_view language) {
  VariantName name;
  EXPECT_TRUE(name_language(kResource, varies_by, Question{request}.head.fields, language, name));
  return name;
}

TEST(LanguageName, IsOneForAllWhoAgreeInTheOtherSelectingFields) {
  const auto german = named_by_language("accept-language,foo", {{"Accept-Language", "en, de"}, {"Foo", "1"}}, "de");
  EXPECT_EQ(german,
            named_by_language("accept-language,foo", {{"Accept-Language", "de, fr;q=0.5"}, {"Foo", "1"}}, "de"));
  EXPECT_NE(german.id, named_by_language("accept-language,foo", {{"Foo", "2"}}, "de").id);
  EXPECT_NE(german.id, named_by_language("accept-language,foo", {{"Foo", "1"}}, "fr").id);
  EXPECT_EQ(german.id, hash128(german.identity));
}

TEST(LanguageName, IsNoVariantsName) {
  EXPECT_NE(named_by_language("accept-language", {}, "de").id,
            named("accept-language", {{"Accept-Language", "de"}}).id);
}

TEST(LanguageName, IsNoneWhereNothingVariesByLanguage) {
  VariantName name;
  const Question question{{{"Accept-Language", "de"}}};
  for (const auto* const names : {"", "foo", "accept-language-x"})
    EXPECT_FALSE(name_language(kResource, names, question.head.fields, "de", name)) << names;
  EXPECT_FALSE(name_language(kResource, "accept-language", question.head.fields, "", name));
}

}  // namespace
}  // namespace cachearr::caching
