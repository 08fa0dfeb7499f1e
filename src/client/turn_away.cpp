#include "client/turn_away.hpp"

#include <utility>

#include "client/http1_reply_sink.hpp"
#include "client/replies.hpp"
#include "net/http_server.hpp"
#include "net/inbox.hpp"

namespace cachearr::client {

namespace {

/// Who is told properly at one time, on each worker. Beyond it a flood gets the same words and no patience.
constexpr std::size_t kMostTold = 64;
constexpr Duration kPatience{1000};

class Counted {
 public:
  explicit Counted(std::size_t& count) noexcept : count_{count} { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

void send_refusal(const ClientContext& worker, net::Stream& stream) {
  OutputPool outputs;
  Http1ReplySink sink{outputs, stream};
  append_error(sink,
               {503, "too many connections (limits.max_connections)", "Retry-After: 1\r\n", nullptr, worker.now()},
               false, rules::ErrorStyle::problem, {false, false});
  stream.try_write(sink.slices());
}

/// An answer that comes before its request, or whose connection is reset over a request that nobody read, would be lost
/// on many clients.
net::Task<> tell(ClientContext& worker, std::unique_ptr<net::Stream> stream) {
  const Counted counted{worker.turned_away};
  net::Inbox inbox;
  stream->arm(kPatience);
  co_await inbox.fill(*stream, net::Inbox::kInline);
  stream->disarm();
  send_refusal(worker, *stream);
  co_await net::linger(*stream, inbox);
}

}  // namespace

bool find_place(ClientContext& worker) {
  const auto most = worker.settings().config.limits.max_connections;
  while (worker.clients.connections.load(std::memory_order_relaxed) >= most)
    if (!worker.idle_order.end_longest()) return false;
  return true;
}

void turn_away(ClientContext& worker, const pipeline::ListenerInfo& listener, std::unique_ptr<net::Stream> stream) {
  if (listener.tls) return;  // a handshake is more than there is to give
  if (worker.turned_away < kMostTold) return worker.loop.spawn(tell(worker, std::move(stream)), "turned away");
  send_refusal(worker, *stream);
  stream->shutdown_write();
}

}  // namespace cachearr::client
