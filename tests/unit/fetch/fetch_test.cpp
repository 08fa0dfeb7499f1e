#include <boost/asio/io_context.hpp>

#include "fetch/fetch_context.hpp"
#include "fetch/fetch_job.hpp"
#include "fetch/fetch_table.hpp"
#include "unit/fetch/fetch_readers.hpp"
#include "unit/pipeline/context_fixture.hpp"

namespace cachearr::fetch {
namespace {

constexpr std::string_view kRules = R"({
  "upstreams": {"up": {"hosts": ["api.test"], "mount": "/up"}},
  "rules": [{"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "1h", "key": "series:{id}"}]})";

class FetchTest : public test::ContextTest {
 protected:
  FetchTest() : ContextTest{kRules} {}

  net::Worker loop_{0};
  FetchTable fetch_table_;
  origin::DialSettings dial_;
  FetchContext fetching_{loop_, shared_, snapshot_, fetch_table_, nullptr, dial_};

  /// A request that found nothing and flies after `meanwhile`. Nobody could be asked: whatever it gets was stored.
  template <class Meanwhile>
  void expect_hit_after(const test::Asked& asked, Meanwhile meanwhile) {
    ASSERT_EQ(classify(asked).disposition, pipeline::Disposition::fetch);
    const auto job = std::make_shared<FetchJob>();
    job->context = pipeline::RequestContextPtr{new pipeline::RequestContext{context_}};
    job->context->request.own(asked.bytes);
    meanwhile(*job->context);
    job->shared_fetch =
        fetch_table_.join(job->context->variant.id, job->context->variant.identity, store_->generation(), loop_)
            .shared_fetch;
    job->in_table = true;
    FetchReader reader{job->shared_fetch, loop_};
    const auto promise = std::make_shared<std::promise<test::Taken>>();
    auto taken = promise->get_future();
    loop_.spawn(test::deliver(test::take_all(reader), promise), "reader");
    loop_.spawn(fetch::run_fetch(fetching_, job), "fetch");
    loop_.context().poll();
    ASSERT_EQ(taken.wait_for(std::chrono::seconds{0}), std::future_status::ready);
    EXPECT_EQ(taken.get().outcome, Outcome::Kind::entry);
    EXPECT_TRUE(reader.outcome().cache_status.hit);
    EXPECT_EQ(reader.outcome().entry->body(), "body");
    EXPECT_EQ(fetch_table_.size(), 0U);
  }
};

TEST_F(FetchTest, TakesWhatAnotherHasStoredBetweenTheLookAndTheFlight) {
  expect_hit_after(test::Asked{"GET /up/tv/7", "Host: api.test\r\n"},
                   [this](const pipeline::RequestContext& context) { store(context); });
}

TEST_F(FetchTest, TakesTheVariantThatAnotherHasStoredBetweenTheLookAndTheFlight) {
  const test::Asked asked{"GET /up/tv/7", "Host: api.test\r\nAccept-Language: de\r\n"};
  expect_hit_after(asked, [&](const pipeline::RequestContext& context) {
    caching::EntryMeta marker;
    marker.flags = caching::kVaryMarker;
    store(context, marker, "accept-language");
    store(classify(asked));
  });
}

}  // namespace
}  // namespace cachearr::fetch
