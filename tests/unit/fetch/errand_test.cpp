#include "fetch/errand.hpp"

#include <gmock/gmock.h>

#include "unit/fetch/fetch_fixture.hpp"

namespace cachearr::fetch {
namespace {

using Ends = ErrandResult::Kind;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kTv =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"a\": 1}";

class ErrandTest : public FetchTest {
 protected:
  ErrandTest() { fetching_.book = &book_; }
  void send(ErrandWish wish) {
    result_.reset();
    wish.snapshot = snapshot_;
    send_errand(fetching_, std::move(wish), [this](ErrandResult result) { result_ = std::move(result); });
  }
  void send_for(const std::string& target, bool wants_body = false) {
    ErrandWish wish;
    wish.upstream = "up";
    wish.target = target;
    wish.fields = "X-Api-Key: of-our-own\r\n";
    wish.wants_body = wants_body;
    send(std::move(wish));
  }
  ErrandResult ended() {
    run_until([this] { return result_.has_value(); });
    return *result_;
  }

  RequestBook book_;
  std::optional<ErrandResult> result_;
};

TEST_F(ErrandTest, FetchesAndStoresAsAClientWould) {
  send_for("/tv/7", true);
  const auto request = next_request();
  EXPECT_THAT(request, HasSubstr("GET /tv/7 HTTP/1.1\r\nHost: api.test\r\n"));
  EXPECT_THAT(request, HasSubstr("X-Api-Key: of-our-own\r\n"));
  origin_.send(kTv);
  const auto result = ended();
  EXPECT_EQ(result.kind, Ends::fetched);
  EXPECT_EQ(result.body, "{\"a\": 1}");
  EXPECT_EQ(classify("GET /up/tv/7", "X-Api-Key: of-our-own\r\n").disposition, pipeline::Disposition::hit);
}

TEST_F(ErrandTest, AsksNobodyForWhatIsFresh) {
  send_for("/tv/7");
  next_request();
  origin_.send(kTv);
  EXPECT_EQ(ended().kind, Ends::fetched);
  send_for("/tv/7", true);
  const auto result = ended();
  EXPECT_EQ(result.kind, Ends::fresh);
  EXPECT_EQ(result.body, "{\"a\": 1}");
  EXPECT_FALSE(origin_.has_request());
}

TEST_F(ErrandTest, RepeatsWhatAClientAskedForThoughItIsFresh) {
  auto& client = ask(test::Asked{"GET /up/tv/7", "Host: api.test\r\nX-Api-Key: of-a-client\r\n"});
  next_request();
  origin_.send(kTv);
  end_of(client);
  classify("GET /up/tv/7", "X-Api-Key: of-a-client\r\n");
  ErrandWish wish;
  wish.again = book_.find(context_.entry->id());
  ASSERT_TRUE(wish.again);
  EXPECT_TRUE(wish.again->by_client);
  wish.anew = true;
  for (int i = 0; i < 3; ++i) {
    send(wish);
    EXPECT_THAT(next_request(), StartsWith("GET /tv/7 HTTP/1.1\r\nHost: api.test\r\nX-Api-Key: of-a-client\r\n"));
    origin_.send(kTv);
    EXPECT_EQ(ended().kind, Ends::fetched);
    wish.again = book_.find(context_.entry->id());
    EXPECT_FALSE(wish.again->by_client);
  }
}

TEST_F(ErrandTest, TellsOfErrorsAndOfAnswersThatBreakOff) {
  send_for("/tv/7");
  next_request();
  origin_.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  auto result = ended();
  EXPECT_EQ(result.kind, Ends::failed);
  EXPECT_EQ(result.why, "api.test answered 404");
  send_for("/tv/8");
  next_request();
  origin_.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(ended().kind, Ends::failed);
}

TEST_F(ErrandTest, LeavesOutWhatLeadsNowhere) {
  ErrandWish wish;
  wish.upstream = "gone";
  wish.target = "/x";
  send(wish);
  EXPECT_EQ(ended().kind, Ends::left_out);
  EXPECT_THAT(ended().why, HasSubstr("no rule names the upstream gone"));
  wish.upstream = "up";
  wish.target = "no path";
  send(wish);
  EXPECT_EQ(ended().kind, Ends::left_out);
  wish.target = "/tv/9";
  wish.patterns = {"episode:*"};
  send(wish);
  EXPECT_EQ(ended().why, "no pattern names its key");
}

}  // namespace
}  // namespace cachearr::fetch
