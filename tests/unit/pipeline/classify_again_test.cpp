#include <gmock/gmock.h>

#include "unit/pipeline/context_fixture.hpp"

namespace cachearr::pipeline {
namespace {

using test::Asked;

constexpr std::string_view kRulesOfTwo = R"({
  "upstreams": {"up": {"hosts": ["api.test"], "mount": "/up"}},
  "rules": [{"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "1h", "key": "series:{id}"}]})";

/// What was worked out of a request earlier, brought up to date, must be what is worked out of it anew.
class ClassifyAgainTest : public test::ContextTest {
 protected:
  ClassifyAgainTest() : ContextTest{kRulesOfTwo} {}

  /// Works it out once; `change` is what happens before it comes again.
  template <class Change>
  void expect_equal_after(Change change) {
    RequestContext earlier = classify(request_);
    change();
    classify_again(worker_, earlier);
    const auto& anew = classify(request_);
    EXPECT_EQ(earlier.disposition, anew.disposition);
    EXPECT_EQ(earlier.forward, anew.forward);
    EXPECT_EQ(earlier.detail, anew.detail);
    EXPECT_EQ(earlier.entry.get(), anew.entry.get());
    EXPECT_EQ(earlier.variant, anew.variant);
    EXPECT_EQ(earlier.hit_for_miss, anew.hit_for_miss);
    EXPECT_EQ(earlier.key.id, anew.key.id);
    EXPECT_EQ(earlier.now, anew.now);
  }

  void store_marker(std::string_view names) {
    caching::EntryMeta marker;
    marker.flags = caching::kVaryMarker;
    auto resource = classify(request_);
    caching::name_variant(resource.resource(), {}, {}, resource.variant);
    store(resource, marker, names);
  }

  const Asked request_{"GET /up/tv/7", "Host: api.test\r\nAccept-Language: de\r\nX-Kind: one\r\n"};
};

TEST_F(ClassifyAgainTest, WhereNothingHasChanged) {
  expect_equal_after([] {});
  store(classify(request_));
  expect_equal_after([] {});
}

TEST_F(ClassifyAgainTest, WhereTheAnswerCameMeanwhile) {
  expect_equal_after([this] { store(classify(request_)); });
  EXPECT_EQ(context_.disposition, Disposition::hit);
}

TEST_F(ClassifyAgainTest, WhereTheAnswerGrewStale) {
  store(classify(request_));
  expect_equal_after([this] { clock_.advance(std::chrono::minutes{2}); });
  EXPECT_EQ(context_.disposition, Disposition::revalidate);
}

TEST_F(ClassifyAgainTest, WhereTheAnswerMayBeServedWhileItIsRefreshed) {
  caching::EntryMeta meta;
  meta.swr_seconds = 600;
  store(classify(request_), meta);
  expect_equal_after([this] { clock_.advance(std::chrono::minutes{2}); });
  EXPECT_EQ(context_.disposition, Disposition::stale_hit);
  expect_equal_after([this] { store(classify(request_)); });
  EXPECT_THAT(context_.detail, ::testing::IsEmpty());
}

TEST_F(ClassifyAgainTest, WhereTheAnswerIsGone) {
  store(classify(request_));
  expect_equal_after([this] { store_->erase(context_.variant.id, context_.variant.identity); });
  EXPECT_EQ(context_.disposition, Disposition::fetch);
}

TEST_F(ClassifyAgainTest, WhereItCouldNotBeStored) {
  caching::EntryMeta meta;
  meta.flags = caching::kHitForMiss;
  expect_equal_after([&] { store(classify(request_), meta); });
  EXPECT_TRUE(context_.hit_for_miss);
}

TEST_F(ClassifyAgainTest, WhereTheOriginBeganToVary) {
  store(classify(request_));
  expect_equal_after([this] {
    store_marker("accept-language");
    store(classify(request_));
  });
  EXPECT_EQ(context_.disposition, Disposition::hit);
  EXPECT_EQ(context_.variant.varies_by, "accept-language");
}

TEST_F(ClassifyAgainTest, WhereTheOriginVariesAsBefore) {
  store_marker("accept-language");
  store(classify(request_));
  expect_equal_after([] {});
  EXPECT_EQ(context_.disposition, Disposition::hit);
}

TEST_F(ClassifyAgainTest, WhereTheOriginVariesOtherwise) {
  store_marker("accept-language");
  store(classify(request_));
  expect_equal_after([this] { store_marker("x-kind"); });
  EXPECT_EQ(context_.variant.varies_by, "x-kind");
  EXPECT_EQ(context_.disposition, Disposition::fetch);
}

TEST_F(ClassifyAgainTest, WhereTheOriginVariesNoMore) {
  store_marker("accept-language");
  store(classify(request_));
  expect_equal_after([this] {
    auto resource = classify(request_);
    caching::name_variant(resource.resource(), {}, {}, resource.variant);
    store(resource);
  });
  EXPECT_THAT(context_.variant.varies_by, ::testing::IsEmpty());
  EXPECT_EQ(context_.disposition, Disposition::hit);
}

}  // namespace
}  // namespace cachearr::pipeline
