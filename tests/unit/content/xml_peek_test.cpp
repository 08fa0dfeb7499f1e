#include "content/xml_peek.hpp"

#include <gtest/gtest.h>

namespace cachearr::content {
namespace {

TEST(XmlPeek, FindsTheRootBehindDeclarationCommentAndDocumentType) {
  const auto root = root_tag("\xEF\xBB\xBF <?xml version='1.0'?>\n<!-- <error/> --><!DOCTYPE nzb>\r\n<nzb a=\"1\">");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->name, "nzb");
}

TEST(XmlPeek, ReadsAttributesInAnyQuotesAndResolvesEntities) {
  const auto root = root_tag("<error code = '500' description=\"a &lt;b&gt; &amp; &quot;c&quot; &unknown;\"/>");
  ASSERT_TRUE(root);
  EXPECT_EQ(*root->attribute("CODE"), "500");
  EXPECT_EQ(*root->attribute("description"), "a <b> & \"c\" &unknown;");
  EXPECT_EQ(root->attribute("missing"), nullptr);
}

TEST(XmlPeek, GivesTheTextOfAnElement) {
  EXPECT_EQ(root_tag("<error>\n Banned &amp; out </error>")->text(), "Banned & out");
  EXPECT_EQ(root_tag("<error/>")->text(), "");
}

TEST(XmlPeek, FindsATagByItsLocalName) {
  const auto tag = find_tag("<rss><a:b/><newznab:apiLimits apiMax='1'/>", "apilimits");
  ASSERT_TRUE(tag);
  EXPECT_EQ(tag->local_name(), "apiLimits");
  EXPECT_FALSE(find_tag("<rss>apilimits</rss>", "apilimits"));
}

TEST(XmlPeek, WhatIsCutOffOrNoXmlHasNoTag) {
  for (const char* text :
       {"", "<", "<error", "<error code", "<error code=", "<error code=\"5", "<?xml", "<!--", "text", "{}", "</a>"}) {
    EXPECT_FALSE(root_tag(text)) << text;
  }
}

}  // namespace
}  // namespace cachearr::content
