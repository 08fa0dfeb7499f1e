#include "fetch/body_relay.hpp"

#include <gtest/gtest.h>

namespace cachearr::fetch {
namespace {

using Change = BodyRelay::Change;

class BodyRelayTest : public ::testing::Test {
 protected:
  BodyRelay& begun(BodyMode mode) {
    relay_.begin(mode, {4, 8});
    return relay_;
  }
  net::Worker worker_{0};
  SharedFetch shared_fetch_{worker_};
  BodyRelay relay_{shared_fetch_};
};

TEST_F(BodyRelayTest, KeepsAStreamForTheStoreUpToItsBound) {
  auto& relay = begun(BodyMode::stream);
  EXPECT_EQ(relay.append("12345678"), Change::none);
  EXPECT_EQ(shared_fetch_.pieces().size(), 1U);
  EXPECT_EQ(relay.append("9"), Change::too_large_to_store);
  EXPECT_EQ(relay.mode(), BodyMode::pass);
  EXPECT_EQ(relay.append("0"), Change::none);
  EXPECT_EQ(relay.bytes(), 10U);
}

TEST_F(BodyRelayTest, ShowsWhatIsTooLongToBufferAndInspectsItAllTheSame) {
  auto& relay = begun(BodyMode::buffer_and_inspect);
  EXPECT_EQ(relay.append("1234"), Change::none);
  EXPECT_EQ(relay.append("5"), Change::too_long_to_buffer);
  EXPECT_EQ(relay.mode(), BodyMode::stream_and_inspect);
}

TEST_F(BodyRelayTest, PassesARefusalOnThatIsTooLongForOne) {
  auto& relay = begun(BodyMode::buffer);
  EXPECT_EQ(relay.append("12345"), Change::too_long_to_buffer);
  EXPECT_EQ(relay.mode(), BodyMode::pass);
}

TEST_F(BodyRelayTest, PassesOnWhatIsTooLongForBothAtOnce) {
  auto& relay = begun(BodyMode::buffer_and_inspect);
  EXPECT_EQ(relay.append("123456789"), Change::too_large_to_store);
  EXPECT_EQ(relay.mode(), BodyMode::pass);
}

TEST_F(BodyRelayTest, KeepsNothingThatIsPassedOn) {
  auto& relay = begun(BodyMode::pass);
  relay.append("1234");
  EXPECT_TRUE(shared_fetch_.pieces().empty());
}

TEST_F(BodyRelayTest, StaysUnseenWhereStoringIsGivenUp) {
  begun(BodyMode::buffer_and_inspect).give_up_storing();
  EXPECT_EQ(relay_.mode(), BodyMode::buffer);
  begun(BodyMode::stream_and_inspect).give_up_storing();
  EXPECT_EQ(relay_.mode(), BodyMode::pass);
  begun(BodyMode::stream).give_up_storing();
  EXPECT_EQ(relay_.mode(), BodyMode::pass);
}

}  // namespace
}  // namespace cachearr::fetch
