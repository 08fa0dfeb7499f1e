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

  /// A request that found nothing and flies after `meanwhile`. Nobody could be asked: whatever it gets was stored.
  template <class Meanwhile>
  void expect_hit_after(const test::Asked& asked, Meanwhile meanwhile) {
    ASSERT_EQ(consider(asked).course, Course::fetch);
    const auto job = make_job(desk_, asked.head, asked.bytes, asked.framing);
    meanwhile(job->known);
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
};

TEST_F(FetchTest, TakesWhatAnotherHasStoredBetweenTheLookAndTheFlight) {
  expect_hit_after(test::Asked{"GET /up/tv/7", "Host: api.test\r\n"},
                   [this](const Considered& known) { store(known); });
}

TEST_F(FetchTest, TakesTheVariantThatAnotherHasStoredBetweenTheLookAndTheFlight) {
  const test::Asked asked{"GET /up/tv/7", "Host: api.test\r\nAccept-Language: de\r\n"};
  expect_hit_after(asked, [&](const Considered& known) {
    caching::EntryMeta marker;
    marker.flags = caching::kVaryMarker;
    store(known, marker, "accept-language");
    store(consider(asked));
  });
}

}  // namespace
}  // namespace cachearr::proxy
