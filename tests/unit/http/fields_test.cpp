#include "http/fields.hpp"

#include <gtest/gtest.h>

namespace cachearr::http {
namespace {

FieldList sample() {
  FieldList fields;
  fields.add("Host", "a.test");
  fields.add("accept", "text/html");
  fields.add("X-Custom", "1");
  fields.add("ACCEPT", "*/*");
  fields.add("x-custom", "2");
  return fields;
}

TEST(Fields, EveryKnownNameIsFoundInAnyCase) {
  for (int i = 1; i < static_cast<int>(FieldId::count); ++i) {
    const auto id = static_cast<FieldId>(i);
    std::string name{field_name(id)};
    ASSERT_FALSE(name.empty());
    EXPECT_EQ(field_id(name), id) << name;
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(field_id(name), id) << name;
  }
}

TEST(Fields, AForeignNameIsOther) {
  for (const auto* const name : {"", "X", "Hos", "Hostt", "H-st", "Content_Length", "Age ", "\xC1ge", "X-Api-Keys"}) {
    EXPECT_EQ(field_id(name), FieldId::other) << name;
  }
  EXPECT_EQ(field_name(FieldId::other), "");
}

TEST(Fields, TheFirstOfARepeatedNameIsFound) {
  const auto fields = sample();
  EXPECT_EQ(fields.value(FieldId::accept), "text/html");
  EXPECT_EQ(fields.find("x-CUSTOM")->value, "1");
  EXPECT_EQ(fields.find("Accept")->value, "text/html");
  EXPECT_EQ(fields.find("X-Missing"), nullptr);
  EXPECT_EQ(fields.find(FieldId::te), nullptr);
  EXPECT_EQ(fields.value(FieldId::te), "");
}

TEST(Fields, PresenceAndCountFollowWhatWasAdded) {
  const auto fields = sample();
  EXPECT_TRUE(fields.has(FieldId::host));
  EXPECT_FALSE(fields.has(FieldId::cookie));
  EXPECT_EQ(fields.count(FieldId::accept), 2U);
  EXPECT_EQ(fields.count(FieldId::cookie), 0U);
  EXPECT_EQ(fields.size(), 5U);
}

TEST(Fields, ValuesOfOneNameAreJoined) {
  const auto fields = sample();
  EXPECT_EQ(fields.joined(FieldId::accept), "text/html, */*");
  EXPECT_EQ(fields.joined("X-Custom"), "1, 2");
  EXPECT_EQ(fields.joined("Accept"), "text/html, */*");
  EXPECT_EQ(fields.joined("X-Missing"), "");
}

TEST(Fields, RemovingTakesEveryFieldOfTheName) {
  auto fields = sample();
  EXPECT_TRUE(fields.remove(FieldId::accept));
  EXPECT_FALSE(fields.has(FieldId::accept));
  EXPECT_FALSE(fields.remove(FieldId::accept));
  EXPECT_TRUE(fields.remove("X-CUSTOM"));
  EXPECT_FALSE(fields.remove("X-Custom"));
  EXPECT_EQ(fields.size(), 1U);
  EXPECT_TRUE(fields.has(FieldId::host));
}

TEST(Fields, AMemberIsFoundInAnyFieldOfTheName) {
  FieldList fields;
  fields.add("Cache-Control", "max-age=1 , No-Transform");
  fields.add("cache-control", "private=\"a, public\"");
  fields.add("Vary", "no-store");
  EXPECT_TRUE(fields.lists(FieldId::cache_control, "no-transform"));
  EXPECT_FALSE(fields.lists(FieldId::cache_control, "public"));
  EXPECT_FALSE(fields.lists(FieldId::cache_control, "no-store"));
  EXPECT_FALSE(fields.lists(FieldId::te, "no-store"));
}

TEST(Fields, VaryNamesTheCodingOrEverything) {
  const auto varies = [](std::string_view vary) {
    FieldList fields;
    fields.add("Vary", "Origin");
    fields.add("Vary", vary);
    return varies_by_coding(fields);
  };
  for (const auto* const vary : {"*", "accept-encoding", "Accept-Language,ACCEPT-ENCODING", " , Accept-Encoding"})
    EXPECT_TRUE(varies(vary)) << vary;
  for (const auto* const vary : {"", "Accept", "Accept-Encoding-2", "\"Accept-Encoding\""})
    EXPECT_FALSE(varies(vary)) << vary;
}

TEST(Fields, AClearedListIsEmpty) {
  auto fields = sample();
  fields.clear();
  EXPECT_EQ(fields.size(), 0U);
  EXPECT_FALSE(fields.has(FieldId::host));
}

TEST(Fields, RebasingMovesEveryView) {
  const std::string bytes = "Host: a.test";
  FieldList fields;
  fields.add(std::string_view{bytes}.substr(0, 4), std::string_view{bytes}.substr(6));
  fields.add(std::string_view{bytes}.substr(0, 1), "");
  const std::string copy = bytes;
  fields.rebase(bytes.data(), copy.data());
  EXPECT_EQ(fields.begin()->name.data(), copy.data());
  EXPECT_EQ(fields.begin()->value.data(), copy.data() + 6);
  EXPECT_EQ((fields.begin() + 1)->value, "");
}

}  // namespace
}  // namespace cachearr::http
