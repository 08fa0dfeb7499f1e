#include <gmock/gmock.h>

#include "unit/proxy/desk_fixture.hpp"

namespace cachearr::proxy {
namespace {

using test::Asked;

constexpr std::string_view kRules = R"({
  "upstreams": {"up": {"hosts": ["api.test"], "mount": "/up"}},
  "rules": [{"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "1h", "key": "series:{id}"}]})";

/// What was worked out of a request earlier, brought up to date, must be what is worked out of it anew.
class ConsideredAgainTest : public test::DeskTest {
 protected:
  ConsideredAgainTest() : DeskTest{kRules} {}

  /// Works it out once; `change` is what happens before it comes again.
  template <class Change>
  void expect_equal_after(Change change) {
    Considered earlier = consider(asked_);
    change();
    consider_again(desk_, asked_.head, earlier);
    const auto& anew = consider(asked_);
    EXPECT_EQ(earlier.course, anew.course);
    EXPECT_EQ(earlier.forward, anew.forward);
    EXPECT_EQ(earlier.detail, anew.detail);
    EXPECT_EQ(earlier.entry.get(), anew.entry.get());
    EXPECT_EQ(earlier.id, anew.id);
    EXPECT_EQ(earlier.identity, anew.identity);
    EXPECT_EQ(earlier.varies_by, anew.varies_by);
    EXPECT_EQ(earlier.hit_for_miss, anew.hit_for_miss);
    EXPECT_EQ(earlier.key.id, anew.key.id);
    EXPECT_EQ(earlier.now, anew.now);
  }

  void store_marker(std::string_view names) {
    caching::EntryMeta marker;
    marker.flags = caching::kVaryMarker;
    auto resource = consider(asked_);
    resource.id = resource.key.id;
    resource.identity = resource.key.identity;
    store(resource, marker, names);
  }

  const Asked asked_{"GET /up/tv/7", "Host: api.test\r\nAccept-Language: de\r\nX-Kind: one\r\n"};
};

TEST_F(ConsideredAgainTest, WhereNothingHasChanged) {
  expect_equal_after([] {});
  store(consider(asked_));
  expect_equal_after([] {});
}

TEST_F(ConsideredAgainTest, WhereTheAnswerCameMeanwhile) {
  expect_equal_after([this] { store(consider(asked_)); });
  EXPECT_EQ(desk_.considered.course, Course::serve);
}

TEST_F(ConsideredAgainTest, WhereTheAnswerGrewStale) {
  store(consider(asked_));
  expect_equal_after([this] { clock_.advance(std::chrono::minutes{2}); });
  EXPECT_EQ(desk_.considered.course, Course::validate);
}

TEST_F(ConsideredAgainTest, WhereTheAnswerMayBeServedWhileItIsRefreshed) {
  caching::EntryMeta meta;
  meta.swr_seconds = 600;
  store(consider(asked_), meta);
  expect_equal_after([this] { clock_.advance(std::chrono::minutes{2}); });
  EXPECT_EQ(desk_.considered.course, Course::serve_and_refresh);
  expect_equal_after([this] { store(consider(asked_)); });
  EXPECT_THAT(desk_.considered.detail, ::testing::IsEmpty());
}

TEST_F(ConsideredAgainTest, WhereTheAnswerIsGone) {
  store(consider(asked_));
  expect_equal_after([this] { store_->erase(desk_.considered.id, desk_.considered.identity); });
  EXPECT_EQ(desk_.considered.course, Course::fetch);
}

TEST_F(ConsideredAgainTest, WhereItCouldNotBeStored) {
  caching::EntryMeta meta;
  meta.flags = caching::kHitForMiss;
  expect_equal_after([&] { store(consider(asked_), meta); });
  EXPECT_TRUE(desk_.considered.hit_for_miss);
}

TEST_F(ConsideredAgainTest, WhereTheOriginBeganToVary) {
  store(consider(asked_));
  expect_equal_after([this] {
    store_marker("accept-language");
    store(consider(asked_));
  });
  EXPECT_EQ(desk_.considered.course, Course::serve);
  EXPECT_EQ(desk_.considered.varies_by, "accept-language");
}

TEST_F(ConsideredAgainTest, WhereTheOriginVariesAsBefore) {
  store_marker("accept-language");
  store(consider(asked_));
  expect_equal_after([] {});
  EXPECT_EQ(desk_.considered.course, Course::serve);
}

TEST_F(ConsideredAgainTest, WhereTheOriginVariesOtherwise) {
  store_marker("accept-language");
  store(consider(asked_));
  expect_equal_after([this] { store_marker("x-kind"); });
  EXPECT_EQ(desk_.considered.varies_by, "x-kind");
  EXPECT_EQ(desk_.considered.course, Course::fetch);
}

TEST_F(ConsideredAgainTest, WhereTheOriginVariesNoMore) {
  store_marker("accept-language");
  store(consider(asked_));
  expect_equal_after([this] {
    auto resource = consider(asked_);
    resource.id = resource.key.id;
    resource.identity = resource.key.identity;
    store(resource);
  });
  EXPECT_THAT(desk_.considered.varies_by, ::testing::IsEmpty());
  EXPECT_EQ(desk_.considered.course, Course::serve);
}

}  // namespace
}  // namespace cachearr::proxy
