#include <array>
#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "content/decoder.hpp"
#include "rules_support.hpp"

namespace cachearr::rules::test {
namespace {

using std::chrono::hours;

/// window_bits as zlib takes them: 15 zlib, 31 gzip, -15 bare.
std::string deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
std::string brotlied(std::string_view text) {
  std::size_t size = text.size() + 1024;
  std::string out(size, '\0');
  EXPECT_TRUE(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, text.size(),
                                    reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                    reinterpret_cast<std::uint8_t*>(out.data())));
  out.resize(size);
  return out;
}

BodyVerdict inspected(const std::string& members, std::string_view body, std::string_view coding = "") {
  const auto set = loaded_rule(R"("match": {"path": "/"}, "ttl": "1h", )" + members);
  return inspect_body(*set->rules().at(0), coding, body);
}
bool refused(const std::string& condition, std::string_view body, std::string_view coding = "") {
  return inspected("\"refuse_if\": [" + condition + "]", body, coding).refused;
}

TEST(Body, IsRefusedWhereAJsonPointerHoldsTheValue) {
  const std::string condition = R"({"json": "/success", "equals": false})";
  EXPECT_TRUE(refused(condition, R"({"a": [1, {"success": true}], "success": false})"));
  EXPECT_FALSE(refused(condition, R"({"success": true})"));
  EXPECT_FALSE(refused(condition, R"({"success": "false"})"));
  EXPECT_FALSE(refused(condition, R"({"x": {"success": false}})"));
  EXPECT_FALSE(refused(condition, "{}"));
}

TEST(Body, SaysWhyItIsRefused) {
  EXPECT_EQ(
      inspected(R"("refuse_if": [{"json": "/success", "equals": false}])", R"({"success": false})").refused_because,
      "json /success = false");
  EXPECT_EQ(inspected(R"("refuse_if": [{"xml": "error/@code"}])", R"(<error code="100"/>)").refused_because,
            "xml error/@code");
}

TEST(Body, IsRefusedWhereAJsonPointerExists) {
  const std::string condition = R"({"json": "/errors/0"})";
  EXPECT_TRUE(refused(condition, R"({"errors": [{"message": "x"}]})"));
  EXPECT_TRUE(refused(condition, R"({"errors": [null]})"));
  EXPECT_FALSE(refused(condition, R"({"errors": []})"));
  EXPECT_FALSE(refused(condition, R"({"errors": {"1": 1}})"));
}

TEST(Body, FindsPointersThroughArraysObjectsAndEscapes) {
  EXPECT_TRUE(refused(R"({"json": "/a/1/b~1c/~0", "equals": 5})",
                      R"({"z": [[]], "a": [{"b/c": {"~": 5}}, {"x": {}, "b/c": {"y": 5, "~": 5.0}}]})"));
  EXPECT_FALSE(
      refused(R"({"json": "/a/1/b~1c/~0", "equals": 5})", R"({"a": [{"b/c": {"~": 5}}, {"b/c": {"y": 5}}, 5]})"));
}

TEST(Body, ComparesScalarsByValue) {
  EXPECT_TRUE(refused(R"({"json": "/n", "equals": 1})", R"({"n": 1.0})"));
  EXPECT_TRUE(refused(R"({"json": "/n", "equals": null})", R"({"n": null})"));
  EXPECT_TRUE(refused(R"({"json": "/n", "equals": "1"})", R"({"n": "1"})"));
  EXPECT_FALSE(refused(R"({"json": "/n", "equals": "1"})", R"({"n": 1})"));
  EXPECT_FALSE(refused(R"({"json": "/n", "equals": 1})", R"({"n": [1]})"));
  EXPECT_TRUE(refused(R"({"json": "", "equals": false})", "false"));
}

TEST(Body, ComparesTextsByPattern) {
  EXPECT_TRUE(refused(R"({"json": "/Error", "like": ["*limit*", "*key*"]})",
                      R"({"Response": "False", "Error": "Request limit reached!"})"));
  EXPECT_FALSE(
      refused(R"({"json": "/Error", "like": ["*limit*"]})", R"({"Response": "False", "Error": "Movie not found!"})"));
  EXPECT_FALSE(refused(R"({"json": "/message", "not_like": ["", "no show*"]})",
                       R"({"message": "no show with the tvdb_id 1 found"})"));
  EXPECT_TRUE(refused(R"({"json": "/message", "not_like": ["", "no show*"]})", R"({"message": "database is down"})"));
}

TEST(Body, IsRefusedByAnXmlAttributeOrElement) {
  EXPECT_TRUE(refused(R"({"xml": "error/@code"})", R"(<?xml version="1.0"?><error code="500" description="x"/>)"));
  EXPECT_TRUE(refused(R"({"xml": "error/@code", "equals": "500"})", R"(<error code="500"/>)"));
  EXPECT_FALSE(refused(R"({"xml": "error/@code", "equals": "500"})", R"(<error code="100"/>)"));
  EXPECT_TRUE(refused(R"({"xml": "error"})", "<error>Banned</error>"));
  EXPECT_TRUE(refused(R"({"xml": "error", "equals": "Banned"})", "<error>\n Banned\n</error>"));
  EXPECT_FALSE(refused(R"({"xml": "error"})", "<rss><error/></rss>"));
}

TEST(Body, LooksAtEveryXmlElementOfAName) {
  EXPECT_TRUE(refused(R"({"xml": "a/b/@c", "equals": "2"})", R"(<a><b c="1"/><x/><b c="2"/></a>)"));
}

TEST(Body, ReadsPrefixesThatNobodyDeclared) {
  EXPECT_TRUE(refused(R"({"xml": "rss/channel/newznab:response/@total", "equals": "0"})",
                      R"(<rss><channel><newznab:response offset="0" total="0"/></channel></rss>)"));
}

TEST(Body, ThatCannotBeReadMatchesNothing) {
  for (const std::string_view body : {"", "not json", "<html><p>", "<", "{", "\x1f\x8b", "[1,2", "<error"}) {
    EXPECT_FALSE(refused(R"({"json": "/success", "equals": false})", body)) << body;
    EXPECT_FALSE(refused(R"({"xml": "rss/channel"})", body)) << body;
  }
}

TEST(Body, GivesTheTtlOfTheFirstConditionThatHolds) {
  const std::string members =
      R"("ttl_from": [{"json": "/status", "equals": "Ended", "ttl": "7d"}, {"json": "/status", "ttl": "2h"}])";
  EXPECT_EQ(inspected(members, R"({"status": "Ended"})").ttl, hours{168});
  EXPECT_EQ(inspected(members, R"({"status": "Continuing"})").ttl, hours{2});
  EXPECT_FALSE(inspected(members, "{}").ttl);
}

TEST(Body, ThatIsRefusedHasNoTtl) {
  const auto verdict =
      inspected(R"("refuse_if": [{"json": "/e"}], "ttl_from": [{"json": "/e", "ttl": "7d"}])", R"({"e": 1})");
  EXPECT_TRUE(verdict.refused);
  EXPECT_FALSE(verdict.ttl);
}

TEST(Body, IsDecodedFirst) {
  const std::string condition = R"({"json": "/success", "equals": false})", body = R"({"success": false})";
  EXPECT_TRUE(refused(condition, deflated(body, 31), "gzip"));
  EXPECT_TRUE(refused(condition, deflated(body, 31), "X-GZIP"));
  EXPECT_TRUE(refused(condition, deflated(body, 15), "deflate"));
  EXPECT_TRUE(refused(condition, deflated(body, -15), "deflate"));
  EXPECT_TRUE(refused(condition, brotlied(body), "br"));
  EXPECT_TRUE(refused(condition, brotlied(deflated(body, 31)), "gzip, br"));
  EXPECT_TRUE(refused(condition, body, "identity"));
}

TEST(Body, InAnUnknownCodingMatchesNothing) {
  EXPECT_FALSE(refused(R"({"json": "/success"})", R"({"success": false})", "zstd"));
  EXPECT_FALSE(refused(R"({"json": "/success"})", R"({"success": false})", "gzip"));
}

TEST(Body, ThatGrowsWithoutEndMatchesNothing) {
  const auto bomb =
      deflated(R"({"success": false, "x": ")" + std::string(content::DecodeBounds{}.most, 'x') + "\"}", 31);
  EXPECT_LT(bomb.size(), 100U * 1024);
  EXPECT_FALSE(refused(R"({"json": "/success"})", bomb, "gzip"));
}

}  // namespace
}  // namespace cachearr::rules::test
