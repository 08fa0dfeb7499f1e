#include "http/structured.hpp"

#include <gtest/gtest.h>

namespace cachearr::http::structured {
namespace {

template <class T>
T value_of(std::string_view text) {
  const auto item = parse_item(text);
  EXPECT_TRUE(item && std::holds_alternative<T>(item->value)) << text;
  return item && std::holds_alternative<T>(item->value) ? std::get<T>(item->value) : T{};
}

void expect_no_item(std::initializer_list<std::string_view> texts) {
  for (const auto text : texts) EXPECT_FALSE(parse_item(text)) << text;
}

TEST(StructuredItem, IntegersHaveUpTo15Digits) {
  EXPECT_EQ(value_of<std::int64_t>("42"), 42);
  EXPECT_EQ(value_of<std::int64_t>("-0"), 0);
  EXPECT_EQ(value_of<std::int64_t>("042"), 42);
  EXPECT_EQ(value_of<std::int64_t>("-999999999999999"), -999999999999999);
  EXPECT_EQ(value_of<std::int64_t>("  1  "), 1);
  expect_no_item({"", "-", "--1", "+1", "1000000000000000", "- 1", "1,", "4-2", "0x1"});
}

TEST(StructuredItem, DecimalsHaveUpTo12And3Digits) {
  EXPECT_DOUBLE_EQ(value_of<double>("1.5"), 1.5);
  EXPECT_DOUBLE_EQ(value_of<double>("-0.125"), -0.125);
  EXPECT_DOUBLE_EQ(value_of<double>("123456789012.1"), 123456789012.1);
  expect_no_item({"1.", ".5", "1.1234", "1234567890123.1", "1..5", "1.5.4", "-.1"});
}

TEST(StructuredItem, StringsAreAsciiWithTwoEscapes) {
  EXPECT_EQ(value_of<std::string>(R"("foo \"bar\" \\ baz")"), R"(foo "bar" \ baz)");
  EXPECT_EQ(value_of<std::string>(R"("")"), "");
  expect_no_item({"\"foo", R"("foo\)", R"("foo\,")", "'foo'", "\"a\tb\"", "\"\xC3\xA4\"", "\"a\nb\"", R"("a" "b")"});
}

TEST(StructuredItem, TokensBeginWithALetterOrStar) {
  EXPECT_EQ(value_of<Token>("a_b-c.d3:f%00/*").text, "a_b-c.d3:f%00/*");
  EXPECT_EQ(value_of<Token>("*foo").text, "*foo");
  EXPECT_EQ(value_of<Token>("Foo").text, "Foo");
  expect_no_item({"(foo", "foo,bar", "_a", "/a", "a b", "\xC3\xA4"});
}

TEST(StructuredItem, ByteSequencesAreBase64) {
  EXPECT_EQ(value_of<Bytes>(":aGVsbG8=:").bytes, "hello");
  EXPECT_EQ(value_of<Bytes>(":aGVsbG8:").bytes, "hello");
  EXPECT_EQ(value_of<Bytes>("::").bytes, "");
  expect_no_item({":aGVsbG8=", ":", ": aGVsbG8=:", ":aGVsb G8=:", ":=aGVsbG8=:", ":iZ==ZK:", ":_-Ah:"});
}

TEST(StructuredItem, BooleansAreOneDigit) {
  EXPECT_TRUE(value_of<bool>("?1"));
  EXPECT_FALSE(value_of<bool>("?0"));
  expect_no_item({"?", "?2", "?T", "?10", "? 1"});
}

TEST(StructuredItem, ParametersKeepTheirFirstPlaceAndLastValue) {
  const auto item = parse_item("text/html; a=1;b; a=\"x\";*c=?0");
  ASSERT_TRUE(item);
  ASSERT_EQ(item->parameters.size(), 3U);
  EXPECT_EQ(item->parameters[0].first, "a");
  EXPECT_EQ(std::get<std::string>(item->parameters[0].second), "x");
  EXPECT_TRUE(std::get<bool>(item->parameters[1].second));
  EXPECT_FALSE(std::get<bool>(item->parameters[2].second));
  expect_no_item({"a;", "a;A=1", "a ;b", "a;b =1", "a;b= 1", "a;b=", "a;1"});
}

TEST(StructuredList, HoldsItemsAndInnerLists) {
  const auto list = parse_list("sugar;q=1 , (\"foo\"  bar;x)\t,();lvl=5");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 3U);
  const auto& inner = std::get<InnerList>((*list)[1]);
  ASSERT_EQ(inner.items.size(), 2U);
  EXPECT_EQ(std::get<std::string>(inner.items[0].value), "foo");
  EXPECT_EQ(inner.items[1].parameters.front().first, "x");
  EXPECT_EQ(std::get<InnerList>((*list)[2]).parameters.front().first, "lvl");
}

TEST(StructuredList, MayBeEmptyButNotHaveEmptyMembers) {
  EXPECT_EQ(parse_list("")->size(), 0U);
  EXPECT_EQ(parse_list("   ")->size(), 0U);
  for (const auto* const text :
       {",", "a,", "a, ", ",a", "a,,b", "a b", "\ta", "(a", "(a b", "(a,b)", "(a\"b\")", "((a))", "a;b,;"}) {
    EXPECT_FALSE(parse_list(text)) << text;
  }
}

TEST(StructuredDictionary, MapsKeysToMembers) {
  const auto dictionary = parse_dictionary("max-age=60, no-store;x=1 ,a=(1 2);y, b=?0");
  ASSERT_TRUE(dictionary);
  ASSERT_EQ(dictionary->size(), 4U);
  EXPECT_EQ((*dictionary)[0].key, "max-age");
  EXPECT_EQ(std::get<std::int64_t>(std::get<Item>((*dictionary)[0].value).value), 60);
  EXPECT_TRUE(std::get<bool>(std::get<Item>((*dictionary)[1].value).value));
  EXPECT_EQ(std::get<Item>((*dictionary)[1].value).parameters.size(), 1U);
  EXPECT_EQ(std::get<InnerList>((*dictionary)[2].value).items.size(), 2U);
}

TEST(StructuredDictionary, ARepeatedKeyKeepsItsFirstPlaceAndItsLastValue) {
  const auto dictionary = parse_dictionary("a=1,b=2,a=3");
  ASSERT_TRUE(dictionary);
  ASSERT_EQ(dictionary->size(), 2U);
  EXPECT_EQ((*dictionary)[0].key, "a");
  EXPECT_EQ(std::get<std::int64_t>(std::get<Item>((*dictionary)[0].value).value), 3);
}

TEST(StructuredDictionary, IsAllOrNothing) {
  EXPECT_TRUE(parse_dictionary("")->empty());
  for (const auto* const text :
       {"a=1,", "a=1,,b", ",a", "A=1", "a =1", "a= 1", "a=", "1=a", "a=1 b=2", "max-age=x y", "=1"}) {
    EXPECT_FALSE(parse_dictionary(text)) << text;
  }
}

TEST(StructuredDictionary, HasAtMost1024Keys) {
  std::string text = "k0";
  for (int i = 1; i < 1024; ++i) text += ",k" + std::to_string(i);
  EXPECT_EQ(parse_dictionary(text)->size(), 1024U);
  EXPECT_FALSE(parse_dictionary(text + ",more"));
}

TEST(StructuredString, IsWrittenSoThatItReadsBack) {
  std::string out = "x=";
  append_string(out, R"(a "b" \ c)");
  EXPECT_EQ(out, R"(x="a \"b\" \\ c")");
  EXPECT_EQ(value_of<std::string>(std::string_view{out}.substr(2)), R"(a "b" \ c)");
}

TEST(StructuredString, ForeignBytesAreReplaced) {
  std::string out;
  append_string(out, std::string_view("a\0\r\n\x7F\xC3", 6));
  EXPECT_EQ(out, "\"a?????\"");
}

}  // namespace
}  // namespace cachearr::http::structured
