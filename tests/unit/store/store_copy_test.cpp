#include "store/store_copy.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <map>

#include "store/store.hpp"
#include "support/scratch.hpp"

namespace cachearr::store {
namespace {

/// What a store of an earlier run has left; nothing has it open any more.
class LeftStore : public testing::Test {
 protected:
  LeftStore() {
    const auto store = open(scratch_ / "store");
    store->put_state("savings:1", "saved");
    store->flush();
    std::filesystem::create_directories(scratch_ / "copy");
  }
  std::unique_ptr<Store> open(const std::string& folder) {
    StoreOptions options;
    options.disk_path = folder;
    options.disk_max = 16ULL * 1024 * 1024;
    auto opened = make_store(options, clock_);
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }

  cachearr::test::Scratch scratch_;
  ManualClock clock_;
};

TEST_F(LeftStore, IsCopiedWhole) {
  const auto failed = copy_store(scratch_ / "store", scratch_ / "copy");
  ASSERT_FALSE(failed) << failed->what;
  EXPECT_FALSE(check_store(scratch_ / "copy"));
  const auto copy = open(scratch_ / "copy");
  copy->flush();
  EXPECT_EQ(copy->get_state("savings:1"), "saved");
}

TEST_F(LeftStore, TellsItsStates) {
  std::map<std::string, std::string> states;
  ASSERT_FALSE(read_states(scratch_ / "store",
                           [&](std::string_view name, std::string_view bytes) { states.emplace(name, bytes); }));
  EXPECT_EQ(states["savings:1"], "saved");
}

TEST_F(LeftStore, IsRefusedWhereItIsDamaged) {
  const auto file = scratch_ / "store/data.mdb";
  std::fstream damaged{file, std::ios::in | std::ios::out | std::ios::binary};
  damaged.write(std::string(8192, 'x').data(), 8192);
  damaged.close();
  EXPECT_TRUE(check_store(scratch_ / "store"));
  EXPECT_TRUE(copy_store(scratch_ / "store", scratch_ / "copy"));
}

}  // namespace
}  // namespace cachearr::store
