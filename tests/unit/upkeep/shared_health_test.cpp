#include "upkeep/shared_health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Severity = HealthNote::Severity;

constexpr TimePoint kSharedNow{std::chrono::seconds{1'700'000'000}};

HealthInputs sharing() {
  HealthInputs inputs;
  inputs.now = kSharedNow;
  inputs.shared.emplace();
  inputs.shared->up = inputs.shared->ready = true;
  inputs.shared->server = "redis://cache:6379";
  inputs.shared->max_bytes = 1000;
  inputs.shared->used_bytes = 100;
  inputs.shared->eviction = "volatile-lru";
  return inputs;
}

std::vector<std::string> shared_messages(const HealthInputs& inputs) {
  std::vector<HealthNote> notes;
  note_shared(inputs, notes);
  std::vector<std::string> messages;
  for (const auto& note : notes) messages.push_back(note.message);
  return messages;
}

TEST(SharedHealth, SaysNothingWhereAllIsWellOrNothingIsShared) {
  EXPECT_THAT(shared_messages({}), IsEmpty());
  EXPECT_THAT(shared_messages(sharing()), IsEmpty());
}

TEST(SharedHealth, SaysWhyNothingIsShared) {
  auto inputs = sharing();
  inputs.shared->up = inputs.shared->ready = false;
  EXPECT_THAT(shared_messages(inputs), IsEmpty()) << "it has not been tried yet";
  inputs.shared->problem = "cannot connect";
  std::vector<HealthNote> notes;
  note_shared(inputs, notes);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].severity, Severity::warning);
  EXPECT_EQ(notes[0].alert, "shared");
  EXPECT_THAT(notes[0].message, HasSubstr("redis://cache:6379"));
  EXPECT_THAT(notes[0].message, HasSubstr("cannot connect"));
  HealthInputs none;
  none.shared_problem = "no secret";
  EXPECT_THAT(shared_messages(none), ElementsAre("no secret"));
}

TEST(SharedHealth, NamesTheCommandThatTheServerRefuses) {
  auto inputs = sharing();
  inputs.shared->limits_problem = "NOPERM this user has no permissions to run the 'zadd' command";
  EXPECT_THAT(shared_messages(inputs), ElementsAre(AllOf(HasSubstr("limits are not shared"), HasSubstr("'zadd'"))));
  inputs.shared->up = false;
  EXPECT_THAT(shared_messages(inputs), IsEmpty());
}

TEST(SharedHealth, NamesAMemberThatIsGoneWithoutAWord) {
  auto inputs = sharing();
  inputs.shared->members = {{"one", "", "", "aa", kSharedNow - Duration{60'000}, true},
                            {"two", "", "", "aa", kSharedNow - Duration{60'000}, false},
                            {"three", "", "", "aa", kSharedNow - Duration{2'000}, false}};
  EXPECT_THAT(shared_messages(inputs), ElementsAre(AllOf(HasSubstr("two has not been seen"), HasSubstr("limits"))));
}

TEST(SharedHealth, WarnsOfMemoryBeforeItIsFull) {
  auto inputs = sharing();
  inputs.shared->used_bytes = 760;
  EXPECT_THAT(shared_messages(inputs), ElementsAre(HasSubstr("76 %")));
  inputs.shared->used_bytes = 910;
  EXPECT_THAT(shared_messages(inputs), ElementsAre(HasSubstr("no answer is shared")));
  inputs.shared->used_bytes = 0;
  inputs.shared->eviction = "allkeys-lru";
  EXPECT_THAT(shared_messages(inputs), ElementsAre(HasSubstr("allkeys-lru")));
  inputs.shared->eviction = "noeviction";
  inputs.shared->max_bytes = 0;
  EXPECT_THAT(shared_messages(inputs), ElementsAre(HasSubstr("maxmemory 0")));
}

TEST(SharedHealth, TellsWhereInstancesDoNotAgree) {
  auto inputs = sharing();
  inputs.shared->offset = Duration{-10'800'000};
  inputs.shared->gap_at = kSharedNow - Duration{1'000};
  inputs.shared->members = {{"one", "", "", "aa", {}, true}, {"two", "", "", "bb", {}, false}};
  EXPECT_THAT(shared_messages(inputs),
              ElementsAre(HasSubstr("10800 s"), HasSubstr("were lost"), HasSubstr("two has other rules")));
  inputs.shared->gap_at = kSharedNow - Duration{7'200'000};
  inputs.shared->members[1].rules = "aa";
  inputs.shared->offset = Duration{1'000};
  EXPECT_THAT(shared_messages(inputs), IsEmpty());
}

}  // namespace
}  // namespace cachearr::upkeep
