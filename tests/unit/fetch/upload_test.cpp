#include "fetch/upload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/fetch/fetch_fixture.hpp"
#include "unit/net/memory_stream.hpp"
#include "unit/net/pump.hpp"

namespace cachearr::fetch {
namespace {

using net::test::MemoryStream;
using net::test::Pump;
using ::testing::HasSubstr;

http::Framing with_length(std::uint64_t length) { return {http::Framing::Body::length, length, true, false}; }
constexpr http::Framing kChunked{http::Framing::Body::chunked, 0, true, false};

net::Task<bool> run(std::shared_ptr<Upload> upload, origin::ConnectionPtr to) {
  co_await run_upload(std::move(upload), std::move(to), Duration{1000});
  co_return true;
}
net::Task<bool> end(std::shared_ptr<Upload> upload) {
  co_await upload->end();
  co_return true;
}

class UploadTest : public ::testing::Test {
 protected:
  std::shared_ptr<Upload> of(const http::Framing& framing, std::string_view in_inbox) {
    std::copy(in_inbox.begin(), in_inbox.end(), inbox_.space(4096).begin());
    inbox_.added(in_inbox.size());
    return std::make_shared<Upload>(pump_.worker, client_, inbox_, framing);
  }
  origin::ConnectionPtr origin() {
    auto connection = std::make_shared<origin::Connection>();
    auto stream = std::make_unique<MemoryStream>(pump_.worker);
    sent_to_ = stream.get();
    connection->stream = std::move(stream);
    return connection;
  }
  Pump pump_;
  MemoryStream client_{pump_.worker};
  MemoryStream* sent_to_ = nullptr;
  net::Inbox inbox_;
};

TEST_F(UploadTest, SendsTheBodyAndLeavesTheConnectionToTheNextRequest) {
  const auto upload = of(with_length(8), "half");
  client_.sends("halfGET /");
  const auto connection = origin();
  pump_.run(run(upload, connection));
  EXPECT_EQ(sent_to_->written(), "halfhalf");
  EXPECT_TRUE(upload->is_used_up());
  EXPECT_EQ(inbox_.readable(), "GET /");
}

TEST_F(UploadTest, ClosesTheUpstreamWhereTheClientsBodyBreaksOff) {
  const auto upload = of(with_length(8), "half");
  const auto connection = origin();
  pump_.run(run(upload, connection));
  EXPECT_TRUE(upload->client_failed());
  EXPECT_EQ(upload->failure(), "the request's body broke off");
  EXPECT_FALSE(connection->stream->is_open());
}

TEST_F(UploadTest, ThatWasEndedNeverBegins) {
  const auto upload = of(with_length(8), "half");
  pump_.run(end(upload));
  const auto connection = origin();
  pump_.run(run(upload, connection));
  EXPECT_EQ(client_.reads(), 0U);
  EXPECT_EQ(sent_to_->written(), "");
  EXPECT_FALSE(connection->stream->is_open()) << "the upstream must not wait for the body";
}

TEST_F(UploadTest, ThatNobodySendsIsTakenOutOfTheInboxWhereAllOfItIsThere) {
  EXPECT_TRUE(of(with_length(4), "bodyGET /")->discard_buffered());
  EXPECT_EQ(inbox_.readable(), "GET /");
}

TEST_F(UploadTest, ThatNobodySendsIsTakenOutOfTheInboxInChunksToo) {
  EXPECT_TRUE(of(kChunked, "4\r\nbody\r\n0\r\n\r\nGET /")->discard_buffered());
  EXPECT_EQ(inbox_.readable(), "GET /");
}

TEST_F(UploadTest, ThatIsNotAllThereEndsTheConnection) {
  EXPECT_FALSE(of(with_length(8), "half")->discard_buffered());
  EXPECT_FALSE(of(kChunked, "4\r\nbo")->discard_buffered());
}

TEST_F(UploadTest, ThatIsMalformedEndsTheConnection) {
  const auto upload = of(kChunked, "x\r\n");
  EXPECT_FALSE(upload->discard_buffered());
  EXPECT_FALSE(upload->is_used_up());
}

TEST_F(FetchTest, EndsAnUploadThatTheUpstreamDoesNotRead) {
  constexpr std::size_t kSize = 32 * 1024 * 1024;
  const test::Asked asked{"POST /up/tv/7", "Host: api.test\r\nContent-Length: " + std::to_string(kSize) + "\r\n"};
  MemoryStream stream{loop_};
  net::Inbox inbox;
  stream.sends(std::string(kSize, 'x'));
  const auto job = job_for(asked);
  job->shared_fetch = std::make_shared<SharedFetch>(loop_);
  job->upload = std::make_shared<Upload>(loop_, stream, inbox, asked.framing);
  auto& client = wait_for(job);
  begin(job);
  EXPECT_THAT(next_request(), HasSubstr("POST /tv/7"));
  origin_.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  end_of(client);
  EXPECT_EQ(client.outcome().status, 413);
  std::optional<bool> ended;
  const auto wait = [](std::shared_ptr<Upload> upload, std::optional<bool>& into) -> net::Task<> {
    co_await upload->end();
    into = true;
  };
  loop_.spawn(wait(job->upload, ended), "end");
  run_until([&] { return ended.has_value(); });
  EXPECT_FALSE(stream.is_open());
  EXPECT_FALSE(job->upload->is_used_up());
}

}  // namespace
}  // namespace cachearr::fetch
