// Readers and leaders of flights as coroutines that say what became of them.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/flight.hpp"

namespace cachearr::proxy::test {

/// All that a reader got.
struct Taken {
  std::vector<std::string> interims;
  Outcome::Kind outcome = Outcome::Kind::pending;
  std::string body;
  Arrival::Kind end = Arrival::Kind::data;
};

inline net::Task<Taken> take_all(FlightReader& reader) {
  Taken taken;
  Arrival arrival;
  for (;;) {
    arrival = co_await reader.wait_outcome();
    if (arrival.kind != Arrival::Kind::interim) break;
    taken.interims.push_back(arrival.interim);
  }
  taken.outcome = reader.outcome().kind;
  for (;;) {
    const bool known = reader.poll(arrival);
    if (!known) {
      co_await reader.wait_body();
      continue;
    }
    if (arrival.kind != Arrival::Kind::data) break;
    taken.body += *arrival.data;
  }
  taken.end = arrival.kind;
  co_return taken;
}

/// Joins, tells that it has, takes all and leaves.
inline net::Task<Taken> join_and_take_all(std::shared_ptr<Flight> flight, net::Worker& worker,
                                          std::shared_ptr<std::promise<void>> joined) {
  FlightReader reader{std::move(flight), worker};
  joined->set_value();
  auto taken = co_await take_all(reader);
  co_return taken;
}

inline Outcome answer() {
  Outcome outcome;
  outcome.kind = Outcome::Kind::answer;
  outcome.status = 200;
  return outcome;
}

/// Brings `pieces` pieces of `size` bytes, each when there is room for it; false where nobody wanted them.
inline net::Task<bool> lead(std::shared_ptr<Flight> flight, int pieces, std::size_t size, bool keep) {
  flight->interim("HTTP/1.1 103 Early Hints\r\n\r\n");
  flight->decide(answer());
  for (int i = 0; i < pieces; ++i) {
    const bool wanted = co_await flight->make_room();
    if (!wanted) co_return false;
    flight->append(std::string(size, static_cast<char>('a' + i % 26)), keep);
  }
  flight->finish();
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

}  // namespace cachearr::proxy::test
