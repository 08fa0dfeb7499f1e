#include "content/xml_reader.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace cachearr::content {
namespace {

Shape xml_shape(std::string_view text) { return read_xml(text).shape; }

std::vector<std::string> texts_at(std::string_view path, std::string_view text) {
  const std::vector<std::string_view> paths{path};
  std::vector<std::string> found;
  read_xml(text, {paths, {}}, [&](std::size_t, const Value& value) { found.push_back(value.text); });
  return found;
}
using Texts = std::vector<std::string>;

TEST(XmlReader, FindsTheRootBehindDeclarationCommentAndDocumentType) {
  const auto read = read_xml(
      "\xEF\xBB\xBF <?xml version='1.0'?>\n<!-- <error/> --><!DOCTYPE nzb PUBLIC \"a\" \"b\" "
      "[<!ENTITY x \"y\">]>\r\n<nzb a=\"1\"/>");
  EXPECT_EQ(read.shape, Shape::whole);
  ASSERT_TRUE(read.root);
  EXPECT_EQ(read.root->name, "nzb");
  EXPECT_FALSE(read.html);
}

TEST(XmlReader, ReadsAttributesInAnyQuotesAndResolvesEntities) {
  const auto read =
      read_xml("<error code = '500' description=\"a &lt;b&gt; &amp; &quot;c&quot; &#65;&#x20AC; &un;\"/>");
  ASSERT_TRUE(read.root);
  EXPECT_EQ(*read.root->attribute("CODE"), "500");
  EXPECT_EQ(*read.root->attribute("description"), "a <b> & \"c\" A\u20AC &un;");
  EXPECT_EQ(read.root->attribute("missing"), nullptr);
}

TEST(XmlReader, GivesTheTextOfTheRoot) {
  EXPECT_EQ(read_xml("<error>\n Banned &amp; out </error>").root->text, "Banned & out");
  EXPECT_EQ(read_xml("<error><![CDATA[ a <b> ]]></error>").root->text, "a <b>");
  EXPECT_EQ(read_xml("<error/>").root->text, "");
}

TEST(XmlReader, NotesATagByItsLocalName) {
  const auto read =
      read_xml("<rss><a:b/><newznab:apiLimits apiMax='1'/><newznab:apilimits apiMax='2'/></rss>", {{}, "apilimits"});
  ASSERT_TRUE(read.noted);
  EXPECT_EQ(read.noted->local_name(), "apiLimits");
  EXPECT_EQ(*read.noted->attribute("apimax"), "1");
  EXPECT_FALSE(read_xml("<rss>apilimits</rss>", {{}, "apilimits"}).noted);
}

TEST(XmlReader, ReadsTheRootOfWhatIsCutOffBehindIt) {
  const auto read = read_xml("<error code=\"500\">Request lim");
  EXPECT_EQ(read.shape, Shape::cut_off);
  ASSERT_TRUE(read.root);
  EXPECT_EQ(*read.root->attribute("code"), "500");
}

TEST(XmlReader, EveryPrefixOfADocumentIsCutOff) {
  const std::string whole =
      "<?xml version=\"1.0\"?><!-- c --><rss v='2'><channel><title>a &amp; b</title><![CDATA[x]]><i "
      "a=\"1\"/></channel></rss>";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(xml_shape(whole.substr(0, size)), Shape::cut_off) << whole.substr(0, size);
  }
  EXPECT_EQ(xml_shape(whole + "\n<!-- behind -->\n"), Shape::whole);
}

TEST(XmlReader, WhatIsNoXmlIsBroken) {
  for (const char* text : {"text", "{}", "</a>", "<a></b>", "<a b></a>", "<a b=c></a>", "<a/><b/>", "<a/>behind", "<>",
                           "< a/>", "<a><b></a></b>", "before<a/>"}) {
    EXPECT_EQ(xml_shape(text), Shape::broken) << text;
  }
}

TEST(XmlReader, TakesPrefixesThatNobodyDeclared) {
  EXPECT_EQ(xml_shape("<rss><channel><torznab:attr name=\"a\"/></channel></rss>"), Shape::whole);
}

TEST(XmlReader, KnowsHtmlByItsRootOrItsDocumentType) {
  EXPECT_TRUE(read_xml("<!-- a --><!DOCTYPE html><p>").html);
  EXPECT_TRUE(read_xml("<?xml version='1.0'?><HTML xmlns='x'/>").html);
}

TEST(XmlReader, FollowsPathsToEveryElementAndAttribute) {
  EXPECT_EQ(texts_at("a/b/@c", "<a><b c='1'/><x/><b d='0' c='2'/><x><b c='3'/></x></a>"), (Texts{"1", "2"}));
  EXPECT_EQ(texts_at("a/b", "<a><b>one</b><b/><b> <i>x</i> two </b></a>"), (Texts{"one", "", "two"}));
  EXPECT_EQ(texts_at("error", "<error>Banned</error>"), Texts{"Banned"});
  EXPECT_EQ(texts_at("error", "<rss><error/></rss>"), Texts{});
  EXPECT_EQ(texts_at("rss/channel/n:response/@total", "<rss><channel><n:response total='0'/></channel></rss>"),
            Texts{"0"});
}

TEST(XmlReader, BottomlessNestingIsBrokenAndNotACrash) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "<a>";
  EXPECT_EQ(xml_shape(text), Shape::broken);
}

}  // namespace
}  // namespace cachearr::content
