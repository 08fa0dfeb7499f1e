#include "admin/key_values.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "store/store.hpp"

namespace cachearr::admin {
namespace {

class KeyValues : public ::testing::Test {
 protected:
  bool is_uncoded(const NewValue& value) {
    EXPECT_NE(set_value(*store_, value, clock_.now()).kind, SetResult::Kind::too_large);
    const auto entries = entries_of(*store_, value.key, clock_.now());
    EXPECT_EQ(entries.size(), 1U);
    return !entries.empty() && (entries.front()->meta.flags & store::EntryFlag::kUncoded) != 0;
  }
  void put_answer(std::string_view key) {
    store::EntryParts parts{};
    parts.identity = "-\nanswer";
    parts.id = hash128(parts.identity);
    parts.key = key;
    parts.meta.fresh_until_ms = clock_.now().time_since_epoch().count() + 60'000;
    store_->put(store::make_entry(parts));
  }

  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1024 * 1024, clock_);
};

TEST_F(KeyValues, NeedNoLookAtTheirHeadWhereTheyAreInNoCoding) {
  EXPECT_TRUE(is_uncoded({"a", "v", "text/plain", {}, {}, {}}));
  EXPECT_FALSE(is_uncoded({"b", "v", "text/plain", "gzip", {}, {}}));
}

TEST_F(KeyValues, InPlaceOfAnAnswerNeedNoneEither) {
  put_answer("a");
  EXPECT_TRUE(is_uncoded({"a", "v", "text/plain", {}, {}, {}}));
}

}  // namespace
}  // namespace cachearr::admin
