#include "client/output.hpp"

#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <utility>

#include "unit/client/stored_reply.hpp"

namespace cachearr::client {
namespace {

using cachearr::test::stored;
using ::testing::IsEmpty;

std::string text_of(Output& output) {
  std::string all;
  for (const auto& slice : output.slices()) all.append(static_cast<const char*>(slice.iov_base), slice.iov_len);
  return all;
}

std::shared_ptr<const std::string> shared_text(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

TEST(AnOutput, KeepsTextAndBodiesInOrder) {
  Output output;
  EXPECT_TRUE(output.empty());
  output.text() += "head one\n";
  output.append(stored("body one\n"), "body one\n");
  output.text() += "head ";
  output.text() += "two\n";
  output.append(shared_text("body two\n"));
  output.append(shared_text(""));
  output.append(shared_text("more\n"));
  output.text() += "tail";
  EXPECT_FALSE(output.empty());
  const std::string whole = "head one\nbody one\nhead two\nbody two\nmore\ntail";
  EXPECT_EQ(output.bytes(), whole.size());
  EXPECT_EQ(text_of(output), whole);
  EXPECT_EQ(output.bytes(), whole.size());
}

TEST(AnOutput, FindsItsTextAgainAfterItHasMoved) {
  Output output;
  output.text() += "first";
  output.append(shared_text("-"));
  output.text() += std::string(100'000, 'x');
  EXPECT_EQ(text_of(output), "first-" + std::string(100'000, 'x'));
  const Output moved = std::move(output);
  Output last = moved;
  EXPECT_EQ(text_of(last), "first-" + std::string(100'000, 'x'));
}

TEST(AnOutput, KeepsEntriesAsLongAsTheirBytesAreNeeded) {
  Output output;
  {
    const auto entry = stored("from the store");
    output.append(entry, entry->body());
    output.append(entry, entry->body().substr(0, 4));
  }
  EXPECT_EQ(text_of(output), "from the storefrom");
}

TEST(AnOutput, IsEmptyOnceItIsCleared) {
  Output output;
  output.text() += "a";
  output.append(shared_text("b"));
  output.text() += "c";
  output.clear();
  EXPECT_TRUE(output.empty());
  EXPECT_EQ(output.bytes(), 0U);
  EXPECT_THAT(text_of(output), IsEmpty());
  output.text() += "again";
  EXPECT_EQ(text_of(output), "again");
}

TEST(AnOutput, CountsTextThatIsNotDoneYet) {
  Output output;
  output.text() += "abc";
  EXPECT_EQ(output.bytes(), 3U);
  EXPECT_FALSE(output.empty());
  output.text_done();
  output.text_done();
  EXPECT_EQ(output.bytes(), 3U);
  EXPECT_EQ(output.slices().size(), 1U);
}

}  // namespace
}  // namespace cachearr::client
