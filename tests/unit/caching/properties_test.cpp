// What must hold for any input: many pseudo-random heads made from parts that mean something and parts that do not.
#include <gtest/gtest.h>
#include <random>

#include "caching/reuse.hpp"
#include "caching/validation.hpp"
#include "caching/vary.hpp"
#include "unit/caching/heads.hpp"

namespace cachearr::caching {
namespace {

using namespace test;

class Random {
 public:
  explicit Random(unsigned seed) : engine_{seed} {}
  int below(int end) { return static_cast<int>(engine_() % static_cast<unsigned>(end)); }
  template <class T, std::size_t N>
  const T& one_of(const T (&values)[N]) {
    return values[static_cast<std::size_t>(below(static_cast<int>(N)))];
  }
  bool chance(int percent) { return below(100) < percent; }

 private:
  std::mt19937 engine_;
};

std::string directives(Random& random) {
  static const char* const parts[] = {"max-age=60",
                                      "max-age=0",
                                      "max-age=\"5\"",
                                      "s-maxage=30",
                                      "no-cache",
                                      "private",
                                      "public",
                                      "must-revalidate",
                                      "immutable",
                                      "max-age=x",
                                      "stale-if-error=9",
                                      "stale-while-revalidate=8",
                                      "\"",
                                      "=",
                                      "no-cache=\"a",
                                      "must-understand",
                                      "proxy-revalidate",
                                      "foo=\"a,b\"",
                                      "\\",
                                      "max-age=99999999999"};
  std::string text;
  for (int i = random.below(5); i > 0; --i) text.append(random.one_of(parts)).append(random.chance(90) ? ", " : ";");
  return text;
}

void fill(Answer& answer, Random& random) {
  static const int statuses[] = {200, 200, 200, 203, 204, 206, 301, 302, 304,
                                 401, 404, 410, 429, 500, 503, 599, 100, 999};
  answer.head.status = random.one_of(statuses);
  if (random.chance(80)) answer.with("Cache-Control", directives(random));
  if (random.chance(20)) answer.with("Cache-Control", directives(random));
  if (random.chance(20)) answer.with("CDN-Cache-Control", directives(random));
  if (random.chance(20)) answer.with("Surrogate-Control", directives(random));
  if (random.chance(30)) answer.with("Expires", random.chance(70) ? at(1s * (random.below(400) - 200)) : "0");
  if (random.chance(50)) answer.with("Date", random.chance(80) ? at(1s * (random.below(200) - 100)) : "now");
  if (random.chance(40)) answer.with("Last-Modified", random.chance(80) ? at(-1s * random.below(100'000)) : "then");
  if (random.chance(40)) answer.with("ETag", random.chance(50) ? "\"a\"" : "W/\"b");
  if (random.chance(30)) answer.with("Age", random.chance(70) ? std::to_string(random.below(100)) : "-1");
  if (random.chance(20)) answer.with("Vary", random.chance(80) ? "Accept-Encoding, Foo" : "*");
  if (random.chance(10)) answer.with("Set-Cookie", "a=b");
}

Policy any_policy(Random& random) {
  Policy policy;
  if (random.chance(40)) return policy;
  policy = rule(static_cast<Mode>(random.below(5)));
  if (random.chance(80)) policy.ttl = 1s * random.below(300);
  if (random.chance(30)) policy.ttl_status = {{404, 10s}, {200, 1s * random.below(50)}};
  if (random.chance(40)) policy.stale_if_error = policy.stale_while_revalidate = 1s * random.below(300);
  policy.shared = random.chance(30);
  policy.partitioned = random.chance(30);
  return policy;
}

RequestDirectives any_wish(Random& random) {
  static const char* const parts[] = {
      "", "", "no-cache", "max-age=30", "max-stale", "max-stale=20", "min-fresh=10", "max-age=0", "stale-if-error=40"};
  const Question question{{{"Cache-Control", std::string{random.one_of(parts)} + "," + random.one_of(parts)}}};
  return request_directives(question.head.fields);
}

constexpr int kRounds = 20'000;

TEST(Properties, NoStoreIsNeverStored) {
  Random random{1};
  for (int i = 0; i < kRounds; ++i) {
    Answer answer{200, {{"Cache-Control", "no-store"}}};
    fill(answer, random);
    const auto says = response_directives(answer.head.fields);
    if (says.targeted || says.must_understand) continue;  // who speaks for us lifts it, or a status we know
    ASSERT_FALSE(store(answer, any_policy(random)).storable()) << i;
  }
}

TEST(Properties, OnceStaleNothingBecomesFreshAgain) {
  Random random{2};
  for (int i = 0; i < kRounds; ++i) {
    Answer answer{200};
    fill(answer, random);
    const auto verdict = store(answer, any_policy(random));
    if (!verdict.storable()) continue;
    const auto wish = any_wish(random);
    bool served = true, on_error = true, limited = true;
    for (int second = 0; second < 700; second += 1 + random.below(60)) {
      const auto now = kNow + 1s * second;
      const bool serve = judge(verdict.meta, wish, now).reuse != Reuse::validate;
      ASSERT_TRUE(served || !serve) << i;
      ASSERT_TRUE(on_error || !may_serve_on_error(verdict.meta, wish, now)) << i;
      ASSERT_TRUE(limited || !may_serve_when_limited(verdict.meta, now)) << i;
      served = serve;
      on_error = may_serve_on_error(verdict.meta, wish, now);
      limited = may_serve_when_limited(verdict.meta, now);
    }
  }
}

TEST(Properties, AgeGrowsAndTtlShrinksWithTime) {
  Random random{3};
  for (int i = 0; i < kRounds; ++i) {
    Answer answer{200};
    fill(answer, random);
    const auto meta = store(answer, any_policy(random)).meta;
    const auto now = kNow + 1ms * random.below(100'000);
    const auto later = now + 1ms * random.below(100'000);
    ASSERT_GE(age_at(meta, later), age_at(meta, now));
    ASSERT_LE(ttl_at(meta, later), ttl_at(meta, now));
    ASSERT_GE(age_at(meta, now), 0);
  }
}

TEST(Properties, WhatIsStoredCanBeServedOrValidated) {
  Random random{4};
  for (int i = 0; i < kRounds; ++i) {
    Answer answer{200};
    fill(answer, random);
    const auto verdict = store(answer, any_policy(random));
    if (!verdict.storable()) continue;
    std::string out;
    const bool has_window = (verdict.meta.swr_seconds | verdict.meta.sie_seconds | verdict.meta.limited_seconds) != 0;
    ASSERT_TRUE(append_validators(out, answer.head) || verdict.lifetime > 0s || has_window) << i;
  }
}

TEST(Properties, TheNormalFormOfAnyBytesIsAFunctionOfThem) {
  Random random{5};
  for (int i = 0; i < kRounds; ++i) {
    std::string value;
    for (int n = random.below(40); n > 0; --n)
      value += random.chance(70) ? ",;=q\"\\ .01a*"[random.below(12)] : static_cast<char>(random.below(255) + 1);
    for (const auto* name : {"Accept", "Accept-Encoding", "Accept-Language", "Foo"}) {
      const Question question{{{name, value}}};
      std::string once = "x", twice = "x";
      append_variant(once, name, question.head.fields);
      append_variant(twice, name, question.head.fields);
      ASSERT_EQ(once, twice);
      ASSERT_GT(once.size(), 1U);
    }
  }
}

}  // namespace
}  // namespace cachearr::caching
