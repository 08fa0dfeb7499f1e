#include <gtest/gtest.h>

#include "rules_support.hpp"

namespace cachearr::rules::test {
namespace {

std::string key_of(const RuleSet& set, std::string_view line, const std::vector<std::string_view>& fields = {}) {
  return ask(set, line, fields).key();
}
std::string identity_of(const RuleSet& set, std::string_view line, const std::vector<std::string_view>& fields = {}) {
  return ask(set, line, fields).parts.identity;
}

const std::string kAnyPath = R"("match": {"path": "/**"}, "ttl": "1h")";
const std::string kSeries = R"("match": {"path": "/series/{id:int}"}, "ttl": "1h", "key": "series:{id}")";

TEST(Key, WithoutARuleIsMethodHostPathAndQueryAsSent) {
  const auto set = loaded("{}");
  EXPECT_EQ(key_of(*set, "GET http://example.test/a/b?z=1&a=%2c+x"), "GET:example.test/a/b?z=1&a=%2C+x");
}

TEST(Key, NamesAPortThatIsNotTheSchemes) {
  const auto set = loaded("{}");
  EXPECT_EQ(key_of(*set, "GET http://example.test:8080/"), "GET:example.test:8080/");
  EXPECT_EQ(key_of(*set, "GET https://example.test:443/"), "GET:example.test/");
}

TEST(Key, OfHeadIsTheKeyOfGet) {
  const auto set = loaded_rule(kAnyPath);
  EXPECT_EQ(identity_of(*set, "HEAD https://api.test/a"), identity_of(*set, "GET https://api.test/a"));
}

TEST(Key, TellsAnEmptyQueryFromNone) {
  const auto set = loaded("{}");
  EXPECT_NE(key_of(*set, "GET http://example.test/a?"), key_of(*set, "GET http://example.test/a"));
}

TEST(Key, SortsTheQueryOfARequestWithARule) {
  const auto set = loaded_rule(kAnyPath);
  EXPECT_EQ(key_of(*set, "GET https://api.test/a?b=2&a=1&b=1"), "GET:api.test/a?a=1&b=2&b=1");
}

TEST(Key, HasOneSpellingForEachWayToEncodeAValue) {
  const auto set = loaded_rule(kAnyPath);
  const auto key = key_of(*set, "GET https://api.test/a?x=en,US%20b");
  EXPECT_EQ(key, "GET:api.test/a?x=en,US%20b");
  EXPECT_EQ(key_of(*set, "GET https://api.test/a?x=%65n%2cUS+b"), key);
  EXPECT_EQ(key_of(*set, "GET https://api.test/%61?%78=en%2CUS%20b"), key);
}

TEST(Key, FillsTheTemplateFromCaptures) {
  const auto set = loaded_rule(kSeries);
  EXPECT_EQ(key_of(*set, "GET https://api.test/series/42"), "series:42");
}

TEST(Key, AddsParametersThatTheTemplateDoesNotUse) {
  const auto set = loaded_rule(
      R"("match": {"path": "/tv/{id:int}", "query": {"language": "{lang}"}}, "ttl": "1h", "key": "tv:{id}:{lang}")");
  EXPECT_EQ(key_of(*set, "GET https://api.test/tv/1?language=en&append_to_response=x,y&a=1"),
            "tv:1:en?a=1&append_to_response=x,y");
}

TEST(Key, AddsTheSecondValueOfAParameterThatTheTemplateUses) {
  const auto set = loaded_rule(R"("match": {"path": "/tv", "query": {"id": "{id}"}}, "ttl": "1h", "key": "tv:{id}")");
  EXPECT_EQ(key_of(*set, "GET https://api.test/tv?id=1&id=2"), "tv:1?id=2");
}

TEST(Key, HoldsWhatTheRestOfAPathTook) {
  const auto set =
      loaded_rules(R"({"name": "a", "upstream": "up", "match": {"path": "/s/{id:int}/**"}, "ttl": 1, "key": "s:{id}"},
      {"name": "b", "upstream": "up", "match": {"path": ["/t/{id}/**", "/u/{id}"]}, "ttl": 1, "key": "t:{**}:{id}"})");
  EXPECT_EQ(key_of(*set, "GET https://api.test/s/1"), "s:1");
  EXPECT_EQ(key_of(*set, "GET https://api.test/s/1/default"), "s:1/default");
  EXPECT_EQ(key_of(*set, "GET https://api.test/s/1/default/eng?page=0"), "s:1/default%2feng?page=0");
  EXPECT_NE(key_of(*set, "GET https://api.test/s/1/default%2Aeng"),
            key_of(*set, "GET https://api.test/s/1/default*eng"));
  EXPECT_EQ(key_of(*set, "GET https://api.test/t/1/x"), "t:x:1");
  EXPECT_EQ(key_of(*set, "GET https://api.test/u/1"), "t::1");
}

TEST(Key, HasOneOrderForListsWhoseOrderMeansNothing) {
  const auto set = loaded_rule(kAnyPath + R"(, "sort_values": ["append_to_response"])");
  const auto key = key_of(*set, "GET https://api.test/a?append_to_response=credits,images&with=b,a");
  EXPECT_EQ(key, "GET:api.test/a?append_to_response=credits,images&with=b,a");
  EXPECT_EQ(key_of(*set, "GET https://api.test/a?append_to_response=images,credits&with=b,a"), key);
  EXPECT_EQ(key_of(*set, "GET https://api.test/a?append_to_response=images%2Ccredits,images&with=b,a"), key);
  EXPECT_NE(key_of(*set, "GET https://api.test/a?append_to_response=images,credits&with=a,b"), key);
  EXPECT_NE(key_of(*set, "GET https://api.test/a?append_to_response=images&with=b,a"), key);
}

TEST(Key, DoesNotIgnoreWhatAnOriginMayReadAsAnotherParameter) {
  const auto set =
      loaded_rule(kAnyPath + R"(, "ignore_query": ["_"])", R"("credentials": {"query": ["apikey"]}, "share": "named")");
  const auto plain = identity_of(*set, "GET https://api.test/a");
  EXPECT_EQ(identity_of(*set, "GET https://api.test/a?_=1"), plain);
  EXPECT_EQ(identity_of(*set, "GET https://api.test/a?apikey=k&_=1"), plain);
  for (const auto* query : {"_=1;q=evil", "_;q=evil", "_=;", "apikey=k;q=evil", "_=1&amp;q=evil", "_[]=1", "_%5B%5D=1"})
    EXPECT_NE(identity_of(*set, std::string{"GET https://api.test/a?"} + query), plain) << query;
}

TEST(Key, IsPersonalWhereACredentialKeepsItApart) {
  const auto set = loaded_rule(kAnyPath, R"("credentials": {"query": ["k"]}, "share": "named")");
  const auto named = ask(*set, "GET https://api.test/a?k=1"), other = ask(*set, "GET https://api.test/a?k=1&token=2");
  EXPECT_TRUE(named.parts.has_credentials && !named.parts.is_personal);
  EXPECT_TRUE(other.parts.has_credentials && other.parts.is_personal);
  EXPECT_FALSE(ask(*set, "GET https://api.test/a").parts.has_credentials);
}

TEST(Key, LetsNamedCredentialsCountWhereNoRuleMatches) {
  const auto set = loaded_rule(R"("match": {"path": "/ruled"}, "ttl": 1)",
                               R"("credentials": {"headers": ["Cookie"], "query": ["k"]}, "share": "named")");
  EXPECT_EQ(identity_of(*set, "GET https://api.test/ruled", {"Cookie: a=1"}),
            identity_of(*set, "GET https://api.test/ruled"));
  EXPECT_NE(identity_of(*set, "GET https://api.test/other", {"Cookie: a=1"}),
            identity_of(*set, "GET https://api.test/other"));
  EXPECT_NE(identity_of(*set, "GET https://api.test/other?k=1"), identity_of(*set, "GET https://api.test/other?k=2"));
}

TEST(Key, ShowsNoSecretThatACaptureTook) {
  const auto set = loaded_rules(
      R"({"name": "u", "upstream": "up", "match": {"path": "/get/{id}", "query": {"url": "{url?}"}}, "ttl": 1,
      "key": "get:{id}:{url}", "tags": ["get:{id}"]})");
  const auto one = ask(*set, "GET https://api.test/get/2b51db35e1910123321025a12b9933d2");
  const auto two = ask(*set, "GET https://api.test/get/3b51db35e1910123321025a12b9933d2");
  EXPECT_EQ(one.key(), "get:***:");
  EXPECT_EQ(tags_of(*one.rule, one.captures).at(0), "get:***");
  EXPECT_NE(one.parts.identity, two.parts.identity);
  EXPECT_EQ(one.parts.identity.find("2b51"), std::string::npos);
  const auto url = ask(*set, "GET https://api.test/get/1?url=http://i.test/?apikey=S3cr");
  EXPECT_EQ(url.key(), "get:1:***");
  EXPECT_NE(url.parts.identity, ask(*set, "GET https://api.test/get/1?url=http://i.test/?apikey=S4cr").parts.identity);
  EXPECT_EQ(key_of(*set, "GET https://api.test/get/1?url=http://i.test/x"), "get:1:http%3A%2F%2Fi.test%2Fx");
}

TEST(Key, ShowsNoSecretBesideTheOneThatTheUpstreamNames) {
  const auto set =
      loaded_rule(R"("match": {"path": "/rss/{pass}/*"}, "ttl": 1)", R"("credentials": {"path": ["pass"]})");
  const auto one = ask(*set, "GET https://api.test/rss/short/2b51db35e1910123321025a12b9933d2");
  EXPECT_EQ(one.key(), "GET:api.test/rss/***/***");
  EXPECT_NE(one.parts.identity,
            ask(*set, "GET https://api.test/rss/short/3b51db35e1910123321025a12b9933d2").parts.identity);
  EXPECT_NE(one.parts.identity,
            ask(*set, "GET https://api.test/rss/other/2b51db35e1910123321025a12b9933d2").parts.identity);
  EXPECT_EQ(masked_path(*one.rule, "/rss/short/2b51db35e1910123321025a12b9933d2"), "/rss/***/***");
}

TEST(Key, ShowsNoSecretThatStandsBareOrUnderAnUnknownName) {
  const auto with = loaded_rule(kAnyPath), without = loaded("{}");
  for (const auto& set : {with, without}) {
    EXPECT_EQ(key_of(*set, "GET https://api.test/a?2b51db35e1910123321025a12b9933d2"), "GET:api.test/a?***");
    EXPECT_EQ(key_of(*set, "GET https://api.test/a?blob=2b51db35e1910123321025a12b9933d2"), "GET:api.test/a?blob=***");
    EXPECT_NE(identity_of(*set, "GET https://api.test/a?2b51db35e1910123321025a12b9933d2"),
              identity_of(*set, "GET https://api.test/a?3b51db35e1910123321025a12b9933d2"));
  }
}

TEST(Key, KeepsApartWhomAProxyInFrontHasNamed) {
  const auto set = loaded_rule(kAnyPath);
  const auto nobody = identity_of(*set, "GET https://api.test/a");
  for (const auto* field :
       {"X-Auth: alice", "Remote-User: alice", "Cf-Access-Jwt-Assertion: e.y.J", "X-Forwarded-User: alice",
        "X-Session: alice", "X-Authentik-Username: alice", "X-Auth-Request-Email: a@b", "X-Api-User: alice",
        "X-Thing: 2b51db35e1910123321025a12b9933d2"})
    EXPECT_NE(identity_of(*set, "GET https://api.test/a", {field}), nobody) << field;
  for (const auto* field : {"X-Request-Id: 2b51db35e1910123321025a12b9933d2", "X-Forwarded-For: 10.0.0.1",
                            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "CF-Ray: 8a1b2c3d4e5f6a7b-FRA", "X-Client: 4f1f1d2e-0000-4000-8000-000000000000", "DNT: 1"})
    EXPECT_EQ(identity_of(*set, "GET https://api.test/a", {field}), nobody) << field;
}

TEST(Key, LeavesOutIgnoredParameters) {
  const auto set = loaded_rule(kSeries + R"(, "ignore_query": ["_", "ts"])");
  EXPECT_EQ(key_of(*set, "GET https://api.test/series/42?_=99&ts=1&a=b"), "series:42?a=b");
}

TEST(Key, KeepsPathsApartThatTheTemplateDoesNotHold) {
  const auto set = loaded_rule(R"("match": {"path": "/series/{id:int}/**"}, "ttl": "1h", "key": "series:{id}")");
  const auto one = ask(*set, "GET https://api.test/series/42/a"), two = ask(*set, "GET https://api.test/series/42/b");
  EXPECT_EQ(one.key(), "series:42/a");
  EXPECT_EQ(two.key(), "series:42/b");
  EXPECT_NE(one.parts.id, two.parts.id);
}

TEST(Key, KeepsPathsApartWhereCapturesRunIntoEachOther) {
  const auto set = loaded_rule(R"("match": {"path": "/{a}/{b}"}, "ttl": "1h", "key": "{a}-{b}")");
  EXPECT_NE(identity_of(*set, "GET https://api.test/x-y/z"), identity_of(*set, "GET https://api.test/x/y-z"));
}

TEST(Key, KeepsTheSeveralPathsOfOneRuleApart) {
  const auto set = loaded_rule(R"("match": {"path": ["/v3/{id}", "/v5/{id}"]}, "ttl": "1h", "key": "series:{id}")");
  EXPECT_EQ(key_of(*set, "GET https://api.test/v3/1"), key_of(*set, "GET https://api.test/v5/1"));
  EXPECT_NE(identity_of(*set, "GET https://api.test/v3/1"), identity_of(*set, "GET https://api.test/v5/1"));
}

TEST(Key, EncodesWhatCouldPoseAsASeparator) {
  const auto set = loaded_rule(R"("match": {"path": "/{a}/{b}"}, "ttl": "1h", "key": "k:{a}:{b}")");
  EXPECT_EQ(key_of(*set, "GET https://api.test/x:y/z"), "k:x%3ay:z");
  EXPECT_EQ(key_of(*set, "GET https://api.test/x%3Ay/z"), "k:x%3Ay:z");
}

TEST(Key, KeepsTwoRulesWithOneTemplateApart) {
  const auto set = loaded_rules(
      R"({"name": "v3", "upstream": "up", "match": {"path": "/v3/series/{id}"}, "ttl": 1, "key": "series:{id}"},
      {"name": "v5", "upstream": "up", "match": {"path": "/v5/series/{id}"}, "ttl": 1, "key": "series:{id}"})");
  const auto three = ask(*set, "GET https://api.test/v3/series/1"),
             five = ask(*set, "GET https://api.test/v5/series/1");
  EXPECT_EQ(three.key(), five.key());
  EXPECT_NE(three.parts.id, five.parts.id);
}

TEST(Key, DiffersBySchemeHostAndPortInItsIdentity) {
  const auto set = loaded(R"({"upstreams": {"up": {"hosts": ["api.test", "b.test"]}},
      "rules": [{"name": "one", "upstream": "up", "match": {"path": "/a"}, "ttl": 1, "key": "a"}]})");
  const auto plain = identity_of(*set, "GET http://api.test/a");
  EXPECT_NE(plain, identity_of(*set, "GET https://api.test/a"));
  EXPECT_NE(plain, identity_of(*set, "GET http://b.test/a"));
  EXPECT_NE(plain, identity_of(*set, "GET http://api.test:81/a"));
}

TEST(Key, ShowsNoSecretAndStillTellsCredentialsApart) {
  const auto set = loaded("{}");
  const auto one = ask(*set, "GET http://example.test/a?apikey=geheim1"),
             two = ask(*set, "GET http://example.test/a?apikey=geheim2");
  EXPECT_EQ(one.key(), "GET:example.test/a?apikey=***");
  EXPECT_EQ(one.parts.identity.find("geheim"), std::string::npos);
  EXPECT_NE(one.parts.id, two.parts.id);
  EXPECT_TRUE(one.parts.has_credentials);
}

TEST(Key, OfAnAnonymousRequestHasNoPartition) {
  const auto set = loaded("{}");
  const auto answer = ask(*set, "GET http://example.test/a");
  EXPECT_FALSE(answer.parts.has_credentials);
  EXPECT_EQ(answer.parts.identity, "-\nhttp\nexample.test:80\nGET:example.test/a");
}

TEST(Key, SeparatesWellKnownCredentialFields) {
  const auto set = loaded("{}");
  const auto none = identity_of(*set, "GET http://example.test/a");
  for (const std::string_view field : {"Authorization: Bearer x", "Cookie: a=b", "X-Api-Key: x", "Api-Key: x",
                                       "X-Plex-Token: x", "trakt-api-key: x", "client-key: x"}) {
    EXPECT_NE(identity_of(*set, "GET http://example.test/a", {field}), none) << field;
  }
  EXPECT_EQ(identity_of(*set, "GET http://example.test/a", {"User-Agent: x", "Proxy-Authorization: Basic x"}), none);
}

TEST(Key, OmitsNamedCredentialsOfARule) {
  const auto set = loaded_rule(kSeries, R"("credentials": {"query": ["Token"]})");
  const auto one = ask(*set, "GET https://api.test/series/1?token=a"),
             two = ask(*set, "GET https://api.test/series/1?token=b");
  EXPECT_EQ(one.key(), "series:1");
  EXPECT_NE(one.parts.id, two.parts.id);
}

TEST(Key, DoesNotDependOnTheOrderOfCredentials) {
  const auto set = loaded("{}");
  EXPECT_EQ(identity_of(*set, "GET http://example.test/a", {"Cookie: a=b", "X-Api-Key: x"}),
            identity_of(*set, "GET http://example.test/a", {"x-api-key: x", "cookie: a=b"}));
}

TEST(Key, TakesTheSameCredentialForTheSameWhereverItStands) {
  const auto set = loaded(R"({
    "upstreams": {"app": {"hosts": ["app.test"], "credentials": {"query": ["apikey", "r"], "headers": ["X-Api-Key", "Authorization"]}},
                  "like": {"like": "app", "hosts": ["like.test"]}},
    "rules": [{"name": "any", "upstream": "app", "match": {"path": "/**"}, "ttl": "1h"}]})");
  for (const auto* const url : {"GET https://app.test/a", "GET https://like.test/a"}) {
    const auto at = [&](const std::string& query, const std::vector<std::string_view>& fields) {
      return identity_of(*set, url + query, fields);
    };
    const auto known = at("?apikey=0123456789abcdef", {});
    EXPECT_EQ(at("", {"X-Api-Key: 0123456789abcdef"}), known);
    EXPECT_EQ(at("?apikey=0123456789abcdef", {"x-api-key: 0123456789abcdef"}), known);
    EXPECT_NE(at("", {}), known);
    EXPECT_NE(at("", {"X-Api-Key: fedcba9876543210"}), known);
    EXPECT_NE(at("", {"Authorization: 0123456789abcdef"}), known) << "another name";
    EXPECT_NE(at("?r=0123456789abcdef", {}), known);
    const auto both = at("?apikey=0123456789abcdef", {"X-Api-Key: fedcba9876543210"});
    EXPECT_NE(both, known) << "nobody knows which of them the origin takes";
    EXPECT_NE(both, at("?apikey=fedcba9876543210", {"X-Api-Key: 0123456789abcdef"}));
    EXPECT_NE(both, at("", {"X-Api-Key: 0123456789abcdef", "X-Api-Key: fedcba9876543210"}));
  }
}

TEST(Key, CannotBeForgedByAValueThatLooksLikeTwoCredentials) {
  const auto set = loaded("{}");
  EXPECT_NE(identity_of(*set, "GET http://example.test/a", {"Cookie: a", "X-Api-Key: b"}),
            identity_of(*set, "GET http://example.test/a", {"Cookie: ah9:x-api-key1:b"}));
}

TEST(Key, IsOneForEverybodyWithShareAll) {
  const auto set = loaded_rule(kSeries, R"("credentials": {"query": ["api_key"]}, "share": "all")");
  const auto none = ask(*set, "GET https://api.test/series/1");
  EXPECT_EQ(ask(*set, "GET https://api.test/series/1?api_key=x").parts.id, none.parts.id);
  EXPECT_EQ(ask(*set, "GET https://api.test/series/1", {"Authorization: Bearer x"}).parts.id, none.parts.id);
}

TEST(Key, KeepsAnUnnamedSecretParameterApartEvenWithShareAll) {
  const auto set = loaded_rule(kSeries, R"("credentials": {"query": ["api_key"]}, "share": "all")");
  const auto one = ask(*set, "GET https://api.test/series/1?session_id=a"),
             two = ask(*set, "GET https://api.test/series/1?session_id=b");
  EXPECT_EQ(one.key(), "series:1?session_id=***");
  EXPECT_NE(one.parts.id, two.parts.id);
}

TEST(Key, SharesOnlyNamedCredentialsWithShareNamed) {
  const auto set = loaded_rule(kSeries, R"("credentials": {"query": ["api_key"]}, "share": "named")");
  const auto none = ask(*set, "GET https://api.test/series/1");
  EXPECT_EQ(ask(*set, "GET https://api.test/series/1?api_key=x").parts.id, none.parts.id);
  EXPECT_NE(ask(*set, "GET https://api.test/series/1", {"Authorization: Bearer x"}).parts.id, none.parts.id);
}

TEST(Key, TakesShortNamesForContentWhereTheUpstreamNamesItsCredentials) {
  const auto set = loaded_rule(kAnyPath, R"("credentials": {"query": ["apikey"]})");
  EXPECT_EQ(key_of(*set, "GET https://api.test/?i=tt1&r=json"), "GET:api.test/?i=tt1&r=json");
}

TEST(Key, MasksACredentialInThePath) {
  const auto set = loaded_rule(R"("match": {"path": "/rss/{passkey}/feed"}, "ttl": 1, "key": "feed:{passkey}")",
                               R"("credentials": {"path": ["passkey"]})");
  const auto one = ask(*set, "GET https://api.test/rss/geheim1/feed"),
             two = ask(*set, "GET https://api.test/rss/geheim2/feed");
  EXPECT_EQ(one.key(), "feed:***");
  EXPECT_NE(one.parts.id, two.parts.id);
}

TEST(Key, MasksACredentialInThePathOfADefaultKey) {
  const auto set =
      loaded_rule(R"("match": {"path": "/rss/{passkey}/feed"}, "ttl": 1)", R"("credentials": {"path": ["passkey"]})");
  EXPECT_EQ(key_of(*set, "GET https://api.test/rss/geheim/feed"), "GET:api.test/rss/***/feed");
}

TEST(Key, MasksWellKnownSecretPathsWithoutAnyRule) {
  const auto set = loaded("{}");
  const auto one = ask(*set, "GET http://i.test/getnzb/abc.nzb&i=12&r=geheim1"),
             two = ask(*set, "GET http://i.test/getnzb/abc.nzb&i=12&r=geheim2");
  EXPECT_EQ(one.key().find("geheim"), std::string::npos) << one.key();
  EXPECT_NE(one.parts.id, two.parts.id);
}

TEST(Key, BeyondEightThousandBytesEndsInAHash) {
  const auto set = loaded("{}");
  std::string longer;
  while (longer.size() < 9000) longer += "x/";
  const auto one = ask(*set, "GET http://example.test/" + longer + "1"),
             two = ask(*set, "GET http://example.test/" + longer + "2");
  EXPECT_LE(one.key().size(), 8000U);
  EXPECT_NE(one.key().find("…#"), std::string::npos);
  EXPECT_NE(one.parts.id, two.parts.id);
}

TEST(Key, DiffersBetweenInstallations) {
  const auto set = loaded("{}");
  const Asked asked{"GET http://example.test/a?apikey=x"};
  Scratch scratch;
  KeyParts one, two;
  build_key({}, asked.head, asked.target, {}, "a secret of 16 bytes", scratch, one);
  build_key({}, asked.head, asked.target, {}, "another secret of 16", scratch, two);
  EXPECT_NE(one.id, two.id);
}

TEST(Key, KeepsAnAbsentOptionalCaptureApartFromAnEmptyOne) {
  const auto set =
      loaded_rule(R"("match": {"path": "/l", "query": {"page": "{page?}"}}, "ttl": 1, "key": "list:page:{page}")");
  EXPECT_EQ(key_of(*set, "GET https://api.test/l"), "list:page:");
  EXPECT_EQ(key_of(*set, "GET https://api.test/l?page=2"), "list:page:2");
  EXPECT_NE(key_of(*set, "GET https://api.test/l?page="), key_of(*set, "GET https://api.test/l"));
}

TEST(Key, LowersACaptureOfThatKind) {
  const auto set =
      loaded_rule(R"("match": {"path": "/s", "query": {"term": "{term:lower}"}}, "ttl": 1, "key": "search:{term}")");
  EXPECT_EQ(key_of(*set, "GET https://api.test/s?term=+The%20Wire"), "search:the%20wire");
}

TEST(Template, ExpandsUnknownNamesToNothing) {
  Captures captures;
  captures.add("id") = "7";
  EXPECT_EQ(expand("a:{id}:{x}:", captures), "a:7::");
}

}  // namespace
}  // namespace cachearr::rules::test
