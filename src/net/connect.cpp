#include "net/connect.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <memory>

#include "net/event.hpp"

namespace cachearr::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr Duration kStagger{250};

tcp::endpoint endpoint_of(const ip::Address& address, std::uint16_t port) {
  asio::ip::address_v6::bytes_type bytes;
  std::copy(address.bytes.begin(), address.bytes.end(), bytes.begin());
  const asio::ip::address_v6 v6{bytes};
  if (address.is_v4()) return {asio::ip::make_address_v4(asio::ip::v4_mapped, v6), port};
  return {v6, port};
}

/// What the attempts of one call share; they may outlive the call while their sockets are being cancelled.
struct Race {
  Race(Worker& w, std::size_t count) : worker{w}, addresses{count}, changed{w} {}
  Worker& worker;
  std::size_t addresses;
  Event changed;
  std::vector<std::unique_ptr<tcp::socket>> sockets;
  std::optional<tcp::socket> winner;
  std::size_t failed = 0;
  std::string problems;  // of each address that failed
  bool over = false;
};

Task<> attempt(std::shared_ptr<Race> race, std::size_t index, tcp::endpoint to) {
  auto& socket = *race->sockets[index];
  auto connecting = socket.async_connect(to, asio::as_tuple(asio::deferred));
  const auto [error] = co_await std::move(connecting);
  if (race->over) co_return;
  if (error) {
    ++race->failed;
    if (!race->problems.empty()) race->problems += ", ";
    if (race->addresses > 1) race->problems += to.address().to_string() + ": ";
    race->problems += error.message();
  } else if (!race->winner) {
    race->winner.emplace(std::move(socket));
  }
  race->changed.set();
}

/// Wakes the race when it is time for the next address, and when the whole limit is over.
class Alarm final : public Deadline {
 public:
  Alarm(Deadlines& deadlines, Event& event) : Deadline{deadlines}, event_{event} {}
  bool rang = false;

 private:
  void expire() noexcept override {
    rang = true;
    event_.set();
  }
  Event& event_;
};

void end(Race& race) {
  race.over = true;
  boost::system::error_code ignored;
  for (auto& socket : race.sockets) socket->close(ignored);
}

}  // namespace

Task<Result<tcp::socket, ConnectFailure>> connect_any(Worker& worker, std::vector<ip::Address> addresses,
                                                      std::uint16_t port, Duration limit) {
  auto race = std::make_shared<Race>(worker, addresses.size());
  Alarm whole{worker.deadlines(), race->changed};
  Alarm next{worker.deadlines(), race->changed};
  whole.arm(limit);
  std::size_t started = 0;
  while (!race->winner && !whole.rang) {
    const bool idle = race->failed == started;
    if (started < addresses.size() && (idle || next.rang)) {
      next.rang = false;
      race->sockets.push_back(std::make_unique<tcp::socket>(worker.context()));
      worker.spawn(attempt(race, started, endpoint_of(addresses[started], port)), "connect");
      ++started;
      if (started < addresses.size()) next.arm(kStagger);
    } else if (idle) {
      break;  // every address was tried and failed
    }
    co_await race->changed.wait();
  }
  if (race->winner) {
    tcp::socket socket = std::move(*race->winner);
    end(*race);
    co_return std::move(socket);
  }
  end(*race);
  ConnectFailure failure;
  failure.timed_out = whole.rang;
  failure.what = race->problems;
  if (failure.timed_out) {
    const auto earlier = race->problems.empty() ? "" : " (" + race->problems + ")";
    failure.what = "did not answer in time" + earlier;
  }
  co_return failure;
}

}  // namespace cachearr::net
