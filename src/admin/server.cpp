#include "admin/server.hpp"

#include <optional>

#include "admin/api.hpp"
#include "admin/session.hpp"
#include "net/listener.hpp"
#include "net/local_listener.hpp"
#include "net/tcp_stream.hpp"

namespace cachearr::admin {

struct Server::Impl {
  explicit Impl(Instance& instance)
      : worker{static_cast<std::uint32_t>(instance.proxy().workers().size())}, api{instance} {}

  net::Worker worker;
  Api api;
  Lobby visitors{worker, api, false};
  Lobby locals{worker, api, true};
  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<net::LocalListener> local_listener;
};

Server::Server(Instance& instance) : impl_{std::make_unique<Impl>(instance)} {}

Server::~Server() { stop(); }

Result<bool> Server::listen(const std::string& address, const std::string& socket_path, int inherited) {
  auto& impl = *impl_;
  if (!address.empty()) {
    auto free = inherited >= 0 ? Result<bool>{true} : net::Listener::probe(address);
    if (!free) return free;
    auto accept = [&impl](boost::asio::ip::tcp::socket socket, const net::Peer&) {
      start_session(impl.visitors, net::make_tcp_stream(impl.worker, std::move(socket)));
    };
    auto opened = inherited >= 0 ? net::Listener::adopt(impl.worker, inherited, std::move(accept))
                                 : net::Listener::open(impl.worker, address, std::move(accept));
    if (!opened) return opened.error();
    impl.listener = std::move(*opened);
  }
  auto accept = [&impl](std::unique_ptr<net::Stream> stream) { start_session(impl.locals, std::move(stream)); };
  auto opened = net::LocalListener::open(impl.worker, socket_path, std::move(accept));
  if (!opened) return opened.error();
  impl.local_listener = std::move(*opened);
  return true;
}

std::string Server::address() const { return impl_->listener ? impl_->listener->address() : std::string{}; }

void Server::start() {
  if (impl_->listener) impl_->listener->start();
  if (impl_->local_listener) impl_->local_listener->start();
  impl_->worker.start();
}

void Server::stop() {
  impl_->worker.stop();
  impl_->worker.join();
  // Sockets end before their loop, suspended coroutines while the lobbies they sit in still live.
  impl_->listener.reset();
  impl_->local_listener.reset();
  impl_->worker.abandon();
}

}  // namespace cachearr::admin
