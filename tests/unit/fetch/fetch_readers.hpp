// Readers and writers of shared fetches as coroutines that say what became of them.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fetch/shared_fetch.hpp"

namespace cachearr::test {

/// All that a reader got.
struct Taken {
  std::vector<std::string> interims;
  fetch::FetchOutcome::Kind outcome = fetch::FetchOutcome::Kind::pending;
  std::string body;
  fetch::Arrival::Kind end = fetch::Arrival::Kind::data;
};

inline net::Task<Taken> take_all(fetch::FetchReader& reader) {
  Taken taken;
  fetch::Arrival arrival;
  for (;;) {
    arrival = co_await reader.wait_outcome();
    if (arrival.kind != fetch::Arrival::Kind::interim) break;
    taken.interims.push_back(arrival.interim);
  }
  taken.outcome = reader.outcome().kind;
  for (;;) {
    const bool ready = reader.poll(arrival);
    if (!ready) {
      co_await reader.wait_body();
      continue;
    }
    if (arrival.kind != fetch::Arrival::Kind::data) break;
    taken.body += *arrival.data;
  }
  taken.end = arrival.kind;
  co_return taken;
}

/// Joins, tells that it has, takes all and leaves.
inline net::Task<Taken> join_and_take_all(std::shared_ptr<fetch::SharedFetch> shared_fetch, net::Worker& worker,
                                          std::shared_ptr<std::promise<void>> joined) {
  fetch::FetchReader reader{std::move(shared_fetch), worker};
  joined->set_value();
  auto taken = co_await take_all(reader);
  co_return taken;
}

inline fetch::FetchOutcome answer() {
  fetch::FetchOutcome outcome;
  outcome.kind = fetch::FetchOutcome::Kind::answer;
  outcome.status = 200;
  return outcome;
}

/// Brings `pieces` pieces of `size` bytes, each when a reader has come near; false where nobody wanted them.
inline net::Task<bool> write_pieces(std::shared_ptr<fetch::SharedFetch> shared_fetch, int pieces, std::size_t size,
                                    bool keep) {
  shared_fetch->interim("HTTP/1.1 103 Early Hints\r\n\r\n");
  shared_fetch->decide(answer());
  for (int i = 0; i < pieces; ++i) {
    const bool wanted = co_await shared_fetch->wait_for_readers();
    if (!wanted) co_return false;
    shared_fetch->append(std::string(size, static_cast<char>('a' + i % 26)), keep);
  }
  shared_fetch->finish();
  co_return true;
}
inline std::string all_of(int pieces, std::size_t size) {
  std::string all;
  for (int i = 0; i < pieces; ++i) all.append(size, static_cast<char>('a' + i % 26));
  return all;
}

/// Runs a coroutine on a worker that has its own thread.
template <class T>
net::Task<> deliver(net::Task<T> task, std::shared_ptr<std::promise<T>> promise) {
  auto value = co_await std::move(task);
  promise->set_value(std::move(value));
}
template <class T>
std::future<T> on(net::Worker& worker, std::function<net::Task<T>()> make) {
  auto promise = std::make_shared<std::promise<T>>();
  worker.post([&worker, make = std::move(make), promise] { worker.spawn(deliver(make(), promise), "test"); });
  return promise->get_future();
}

}  // namespace cachearr::test
