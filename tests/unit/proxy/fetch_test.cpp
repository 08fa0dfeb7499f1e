#include "proxy/fetch.hpp"

#include <boost/asio/io_context.hpp>

#include "unit/proxy/desk_fixture.hpp"
#include "unit/proxy/flight_readers.hpp"

namespace cachearr::proxy {
namespace {

constexpr std::string_view kRules = R"({
  "upstreams": {"up": {"hosts": ["api.test"], "mount": "/up"}},
  "rules": [{"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "1h", "key": "series:{id}"}]})";

class FetchTest : public test::DeskTest {
 protected:
  FetchTest() : DeskTest{kRules} {}
};

TEST_F(FetchTest, TakesWhatAnotherHasStoredBetweenTheLookAndTheFlight) {
  const test::Asked asked{"GET /up/tv/7", "Host: api.test\r\n"};
  ASSERT_EQ(consider(asked).course, Course::fetch);
  const auto job = make_job(desk_, asked.head, asked.bytes, asked.framing);
  store(job->known);
  job->flight = flights_.join(job->known.id, job->known.identity, store_->generation(), worker_).flight;
  job->in_table = true;
  FlightReader reader{job->flight, worker_};
  const auto promise = std::make_shared<std::promise<test::Taken>>();
  auto taken = promise->get_future();
  worker_.spawn(test::deliver(test::take_all(reader), promise), "reader");
  worker_.spawn(fetch(desk_, job), "fetch");
  worker_.context().poll();
  ASSERT_EQ(taken.wait_for(std::chrono::seconds{0}), std::future_status::ready);
  EXPECT_EQ(taken.get().outcome, Outcome::Kind::entry);
  EXPECT_TRUE(reader.outcome().cache_status.hit);
  EXPECT_EQ(reader.outcome().entry->body(), "body");
  EXPECT_EQ(flights_.size(), 0U);
}

}  // namespace
}  // namespace cachearr::proxy
