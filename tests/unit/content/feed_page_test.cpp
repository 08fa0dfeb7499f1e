#include "content/feed_page.hpp"

#include <gtest/gtest.h>

#include "content/body_reader.hpp"

namespace cachearr::content {
namespace {

struct CutRow {
  const char* what;
  PageRange stored;
  std::size_t items;
  PageRange asked;
  std::optional<PageCut> cut;
};

const CutRow kCuts[] = {
    {"a shorter first page", {0, 100}, 100, {0, 50}, PageCut{0, 50}},
    {"the same page", {0, 100}, 100, {0, 100}, PageCut{0, 100}},
    {"a later page inside", {0, 100}, 100, {50, 50}, PageCut{50, 50}},
    {"a page inside a later one", {100, 100}, 100, {150, 25}, PageCut{50, 25}},
    {"one that reaches out", {0, 100}, 100, {50, 100}, std::nullopt},
    {"one that lies behind", {0, 100}, 100, {100, 50}, std::nullopt},
    {"one that lies before", {100, 100}, 100, {0, 50}, std::nullopt},
    {"more than was asked for", {0, 50}, 50, {0, 100}, std::nullopt},
    {"more than was asked for of a feed that may end here", {0, 50}, 30, {0, 100}, std::nullopt},
    {"a feed that ended before both limits", {0, 100}, 30, {0, 50}, PageCut{0, 30}},
    {"a feed that ended, from another place on", {0, 100}, 30, {10, 50}, std::nullopt},
    {"a feed that ended, and a place inside", {0, 100}, 30, {10, 20}, PageCut{10, 20}},
    {"an empty feed", {0, 100}, 0, {0, 50}, PageCut{0, 0}},
    {"an origin that goes by no limit", {0, 10}, 100, {0, 5}, std::nullopt},
    {"a page of the origin's own size", {0, {}}, 75, {0, 50}, PageCut{0, 50}},
    {"a page of the origin's own size, too short", {0, {}}, 75, {0, 100}, std::nullopt},
    {"no limit asked for", {0, 100}, 100, {0, {}}, std::nullopt},
    {"nothing asked for", {0, 100}, 100, {0, 0}, std::nullopt},
    {"an offset beyond all numbers", {0, 100}, 100, {~std::uint64_t{0}, 50}, std::nullopt},
};

TEST(FeedPage, HoldsAnotherOneOnlyWhereTheOriginWouldSayTheSame) {
  for (const auto& row : kCuts) EXPECT_EQ(cut_of(row.stored, row.items, row.asked), row.cut) << row.what;
}

std::string page_item(int number) {
  return "<item><title>r" + std::to_string(number) + "</title><a:attr name=\"x\" value='1>2'/></item>\n";
}

std::string page_feed(int first, int end, int offset) {
  std::string body = "<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><title>a</title><a:response offset=\"" +
                     std::to_string(offset) + "\" total=\"900\"/>\n";
  for (int i = first; i < end; ++i) body += page_item(i);
  return body + "</channel></rss>";
}

std::string page_items(std::string_view body) {
  std::string all;
  for (auto at = body.find("<title>r"); at != std::string_view::npos; at = body.find("<title>r", at + 1))
    all += std::string{body.substr(at + 7, body.find('<', at + 7) - at - 7)} + " ";
  return all;
}

TEST(FeedPage, IsCutToItsFirstItems) {
  const auto cut = cut_feed(page_feed(0, 5, 0), {0, 5}, {0, 2});
  ASSERT_TRUE(cut);
  EXPECT_EQ(page_items(*cut), "r0 r1 ");
  EXPECT_NE(cut->find("offset=\"0\""), std::string::npos);
  EXPECT_EQ(read_body(*cut).shape, Shape::whole);
}

TEST(FeedPage, TellsItsNewOffset) {
  const auto cut = cut_feed(page_feed(10, 15, 10), {10, 5}, {12, 3});
  ASSERT_TRUE(cut);
  EXPECT_EQ(page_items(*cut), "r12 r13 r14 ");
  EXPECT_NE(cut->find("offset=\"12\" total=\"900\""), std::string::npos) << *cut;
  EXPECT_EQ(read_body(*cut).shape, Shape::whole);
}

TEST(FeedPage, StaysAsItIsWhereAllOfItIsAskedFor) {
  EXPECT_EQ(cut_feed(page_feed(0, 5, 0), {0, 5}, {0, 5}), page_feed(0, 5, 0));
  EXPECT_EQ(cut_feed(page_feed(0, 5, 0), {0, 9}, {0, 7}), page_feed(0, 5, 0));
}

TEST(FeedPage, IsNotMisledByWhatLooksLikeAnItem) {
  const std::string body =
      "<rss><channel><!-- <item> "
      "--><image><item>no</item></image><item><title>r0</title><description><![CDATA[<item></item>]]>"
      "</description><media:group><item>inner</item></media:group></item><item/><item><title>r2</title></item></"
      "channel></rss>";
  const auto cut = cut_feed(body, {0, 3}, {2, 1});
  ASSERT_TRUE(cut);
  EXPECT_EQ(
      *cut,
      "<rss><channel><!-- <item> --><image><item>no</item></image><item><title>r2</title></item></channel></rss>");
}

TEST(FeedPage, IsNothingThatCanBeCutWhereItIsNoFeed) {
  for (const char* body : {"", "text", "{}", "<rss><channel><item>", "<feed><entry/></feed>", "<rss/>", "</rss>",
                           "<rss><channel a='", "<rss><channel><!-- ", "<error code=\"100\"/>"})
    EXPECT_FALSE(cut_feed(body, {0, 10}, {0, 1})) << body;
}

}  // namespace
}  // namespace cachearr::content
