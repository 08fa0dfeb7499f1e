#include "admin/server.hpp"

#include <future>

#include "admin/api.hpp"
#include "admin/call_pool.hpp"
#include "admin/session.hpp"
#include "net/listener.hpp"
#include "net/local_listener.hpp"
#include "net/tcp_stream.hpp"

namespace cachearr::admin {

namespace {

constexpr std::size_t kPoolThreads = 3;
constexpr std::size_t kMostWaiting = 32;
/// How long clients have at the end to take the answers that are ready.
constexpr std::chrono::seconds kLastAnswers{2};

}  // namespace

struct Server::Impl {
  explicit Impl(Instance& instance)
      : worker{static_cast<std::uint32_t>(instance.proxy().workers().size())}, api{instance} {}

  net::Worker worker;
  Api api;
  CallPool pool{kPoolThreads, kMostWaiting};
  SessionList tcp_sessions{worker, api, pool, false};
  SessionList local_sessions{worker, api, pool, true};
  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<net::LocalListener> local_listener;
  bool started = false;

  void end_all_sessions();
};

Server::Server(Instance& instance) : impl_{std::make_unique<Impl>(instance)} {}

Server::~Server() { stop(); }

Result<bool> Server::listen(const std::string& address, const std::string& socket_path, int inherited) {
  auto& impl = *impl_;
  if (!address.empty()) {
    auto free = inherited >= 0 ? Result<bool>{true} : net::Listener::probe(address);
    if (!free) return free;
    auto accept = [&impl](boost::asio::ip::tcp::socket socket, const net::Peer& peer) {
      start_session(impl.tcp_sessions, net::make_tcp_stream(impl.worker, std::move(socket)), peer.address);
    };
    auto opened = inherited >= 0 ? net::Listener::adopt(impl.worker, inherited, std::move(accept))
                                 : net::Listener::open(impl.worker, address, std::move(accept));
    if (!opened) return opened.error();
    impl.listener = std::move(*opened);
  }
  auto accept = [&impl](std::unique_ptr<net::Stream> stream) { start_session(impl.local_sessions, std::move(stream)); };
  auto opened = net::LocalListener::open(impl.worker, socket_path, std::move(accept));
  if (!opened) return opened.error();
  impl.local_listener = std::move(*opened);
  return true;
}

std::string Server::address() const { return impl_->listener ? impl_->listener->address() : std::string{}; }

void Server::start() {
  if (impl_->listener) impl_->listener->start();
  if (impl_->local_listener) impl_->local_listener->start();
  impl_->worker.start("admin");
  impl_->started = true;
}

/// Accepts nobody any more, and waits until the answers that are ready have gone out.
void Server::Impl::end_all_sessions() {
  auto ended = std::make_shared<std::promise<void>>();
  auto one_is_empty = [ended, left = std::make_shared<int>(2)] {
    if (--*left == 0) ended->set_value();
  };
  worker.post([this, one_is_empty] {
    if (listener) listener->close();
    if (local_listener) local_listener->close();
    end_sessions(tcp_sessions, one_is_empty);
    end_sessions(local_sessions, one_is_empty);
  });
  ended->get_future().wait_for(kLastAnswers);
}

bool Server::stop(std::optional<Duration> longest) {
  auto& impl = *impl_;
  // Calls end first, while the loop can still send what they answer, and before anything that they look at.
  if (!impl.pool.stop(longest)) return false;
  if (std::exchange(impl.started, false)) impl.end_all_sessions();
  impl.worker.stop();
  impl.worker.join();
  // Sockets end before their loop, suspended coroutines while the lists that hold them still live.
  impl.listener.reset();
  impl.local_listener.reset();
  impl.worker.abandon();
  return true;
}

}  // namespace cachearr::admin
