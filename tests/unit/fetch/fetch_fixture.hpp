// A fetch at work against an origin that the test plays, on a loop that the test runs: what happens, happens in a fixed
// order.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fetch/fetch_context.hpp"
#include "fetch/fetch_job.hpp"
#include "fetch/fetch_table.hpp"
#include "unit/fetch/fetch_readers.hpp"
#include "unit/fetch/scripted_origin.hpp"
#include "unit/pipeline/context_fixture.hpp"

namespace cachearr::fetch {

inline constexpr std::string_view kRules = R"({
  "upstreams": {"up": {"hosts": ["api.test"], "origin": "http://api.test", "mount": "/up"}},
  "rules": [{"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "1h", "key": "series:{id}"}]})";

class FetchTest : public test::ContextTest {
 protected:
  explicit FetchTest(std::string_view rules = kRules) : ContextTest{rules} {
    dial_.resolve["api.test:80"] = origin_.address();
  }
  ~FetchTest() override {
    fetching_.connections.close_idle();
    loop_.abandon();
  }

  /// One who waits for a response, and what became of it.
  struct Client {
    Client(std::shared_ptr<SharedFetch> shared_fetch, net::Worker& worker) : reader{std::move(shared_fetch), worker} {}
    FetchReader reader;
    std::optional<test::Taken> taken;
    const FetchOutcome& outcome() const { return reader.outcome(); }
  };

  std::shared_ptr<FetchJob> job_for(const test::Asked& asked) {
    classify(asked);
    auto job = std::make_shared<FetchJob>();
    job->context = fetching_.contexts.take(context_.snapshot);
    *job->context = context_;
    job->context->request.own(asked.bytes);
    return job;
  }
  /// Enters the job into the table, as the first who asks.
  void join(FetchJob& job) {
    job.shared_fetch =
        fetch_table_.join(job.context->variant.id, job.context->variant.identity, store_->generation(), loop_)
            .shared_fetch;
    job.in_table = true;
  }
  std::shared_ptr<FetchJob> begin(const std::shared_ptr<FetchJob>& job) {
    if (!job->shared_fetch) join(*job);
    loop_.spawn(run_fetch(fetching_, job), "fetch");
    return job;
  }
  Client& wait_for(const std::shared_ptr<FetchJob>& job) {
    clients_.push_back(std::make_unique<Client>(job->shared_fetch, loop_));
    auto& client = *clients_.back();
    loop_.spawn(take(client), "client");
    return client;
  }
  /// A request of one client, under way to the origin.
  Client& ask(const test::Asked& asked) {
    const auto job = job_for(asked);
    join(*job);
    auto& client = wait_for(job);
    begin(job);
    return client;
  }

  template <class F>
  void run_until(const F& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "nothing happens any more";
      loop_.context().run_one_for(std::chrono::milliseconds{1});
    }
  }
  /// Runs what can run without waiting.
  void settle() { loop_.context().poll(); }
  std::string next_request() {
    run_until([this] { return origin_.has_request(); });
    return origin_.take_request();
  }
  const test::Taken& end_of(Client& client) {
    run_until([&] { return client.taken.has_value(); });
    return *client.taken;
  }

  test::ScriptedOrigin origin_;
  net::Worker loop_{0};
  FetchTable fetch_table_;
  origin::DialSettings dial_;
  FetchContext fetching_{loop_, shared_, snapshot_, fetch_table_, nullptr, dial_};

 private:
  static net::Task<> take(Client& client) {
    auto taken = co_await test::take_all(client.reader);
    client.taken.emplace(std::move(taken));
  }
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace cachearr::fetch
