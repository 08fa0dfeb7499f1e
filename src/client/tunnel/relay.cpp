#include "client/tunnel/relay.hpp"

#include <memory>

#include "net/event.hpp"

namespace cachearr::client {

namespace {

constexpr std::size_t kBuffer = 64 * 1024;

/// Both directions; lives until the later of them has ended.
struct Pair {
  Pair(net::Worker& worker, Duration limit) : done{worker}, idle{limit} {}
  net::Event done;
  Duration idle;
  int running = 2;
};

struct Direction {
  net::Stream& from;
  net::Inbox& inbox;
  net::Stream& to;
  std::uint64_t& bytes;
};

void close_both(Direction& way) noexcept {
  way.from.close();
  way.to.close();
}

net::Task<> pump(std::shared_ptr<Pair> pair, Direction way) {
  for (;;) {
    while (!way.inbox.empty()) {
      const auto piece = way.inbox.readable();
      const auto size = piece.size();
      const auto sent = co_await net::write_all(way.to, piece);
      if (sent != net::IoError::none) {
        close_both(way);
        break;
      }
      way.bytes += size;
      way.inbox.consume(size);
      // A byte in either direction counts for both.
      way.from.arm(pair->idle);
      way.to.arm(pair->idle);
    }
    if (!way.from.is_open()) break;
    const auto got = co_await way.inbox.fill(way.from, kBuffer);
    if (got.error == net::IoError::none) continue;
    if (got.error == net::IoError::closed) {
      way.to.shutdown_write();
    } else {
      close_both(way);
    }
    break;
  }
  if (--pair->running == 0) pair->done.set();
}

}  // namespace

net::Task<Relayed> relay(net::Worker& worker, net::Stream& client, net::Inbox& client_inbox, net::Stream& origin,
                         net::Inbox& origin_inbox, Duration idle) {
  Relayed relayed;
  auto pair = std::make_shared<Pair>(worker, idle);
  const Direction up{client, client_inbox, origin, relayed.to_origin};
  const Direction down{origin, origin_inbox, client, relayed.to_client};
  client.arm(idle);
  origin.arm(idle);
  worker.spawn(pump(pair, up), "tunnel");
  worker.spawn(pump(pair, down), "tunnel");
  co_await pair->done.wait();
  client.disarm();
  origin.disarm();
  co_return relayed;
}

}  // namespace cachearr::client
