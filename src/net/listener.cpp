#include "net/listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "base/log.hpp"
#include "http/target.hpp"

namespace cachearr::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr int kBacklog = 4096;
}

struct Listener::Impl {
  Impl(Worker& w, AcceptHandler h) : worker{w}, acceptor{w.context()}, pause{w.context()}, handler{std::move(h)} {}
  Worker& worker;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  AcceptHandler handler;
  tcp::endpoint local;
  bool inherited = false;  // others go on listening at it
};

namespace {

Result<tcp::endpoint> endpoint_from(const std::string& text) {
  const bool any = text.starts_with(':');
  // Port 0, which no URL may name, lets the kernel choose.
  const auto shown = any ? "[::]" + text : text;
  const auto parsed = http::parse_host_port(shown.ends_with(":0") ? shown.substr(0, shown.size() - 2) : shown);
  if (!parsed) return Error{text + " is not an address: write it as 127.0.0.1:9797 or [::1]:9797"};
  const auto host = parsed->host == "localhost" ? std::string{"127.0.0.1"} : parsed->host;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return Error{text + " is not an address: write it as 127.0.0.1:9797 or [::1]:9797"};
  return tcp::endpoint{address, parsed->port};
}

Peer peer_of(const tcp::endpoint& endpoint) {
  Peer peer;
  const auto& address = endpoint.address();
  const auto v6 = address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()) : address.to_v6();
  const auto bytes = v6.to_bytes();
  std::copy(bytes.begin(), bytes.end(), peer.address.bytes.begin());
  peer.port = endpoint.port();
  return peer;
}

}  // namespace

Listener::Listener(std::shared_ptr<Impl> impl) : impl_{std::move(impl)} {}
Listener::~Listener() = default;

Result<std::unique_ptr<Listener>> Listener::open(Worker& worker, const std::string& address, AcceptHandler handler) {
  const auto endpoint = endpoint_from(address);
  if (!endpoint) return endpoint.error();
  auto impl = std::make_shared<Impl>(worker, std::move(handler));
  boost::system::error_code error;
  const auto fail = [&] { return Error{"cannot listen on " + address + ": " + error.message()}; };
  impl->acceptor.open(endpoint->protocol(), error);
  if (error) return fail();
  const int on = 1;
  ::setsockopt(impl->acceptor.native_handle(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(impl->acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  impl->acceptor.bind(*endpoint, error);
  if (error) return fail();
  impl->acceptor.listen(kBacklog, error);
  if (error) return fail();
  impl->local = impl->acceptor.local_endpoint(error);
  return std::unique_ptr<Listener>{new Listener{std::move(impl)}};
}

Result<std::unique_ptr<Listener>> Listener::adopt(Worker& worker, int socket, AcceptHandler handler) {
  const auto failed = [](const std::string& why) { return Error{"cannot listen on the inherited socket: " + why}; };
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return failed(std::generic_category().message(errno));
  if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return failed("it is no TCP socket");
  constexpr int above_standard_streams = 3;
  const int copy = ::fcntl(socket, F_DUPFD_CLOEXEC, above_standard_streams);
  if (copy < 0) return failed(std::generic_category().message(errno));
  auto impl = std::make_shared<Impl>(worker, std::move(handler));
  impl->inherited = true;
  boost::system::error_code error;
  impl->acceptor.assign(address.ss_family == AF_INET ? tcp::v4() : tcp::v6(), copy, error);
  if (error) {
    ::close(copy);
    return failed(error.message());
  }
  impl->local = impl->acceptor.local_endpoint(error);
  if (error) return failed(error.message());
  return std::unique_ptr<Listener>{new Listener{std::move(impl)}};
}

Result<bool> Listener::probe(const std::string& address) {
  const auto endpoint = endpoint_from(address);
  if (!endpoint) return endpoint.error();
  if (endpoint->port() == 0) return true;
  asio::io_context context;
  tcp::acceptor acceptor{context};
  boost::system::error_code error;
  acceptor.open(endpoint->protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor.bind(*endpoint, error);
  if (!error) acceptor.listen(1, error);
  if (error) return Error{"cannot listen on " + address + ": " + error.message()};
  return true;
}

void Listener::start() {
  struct Loop {
    static Task<> run(std::shared_ptr<Impl> impl) {
      for (;;) {
        tcp::socket socket{impl->worker.context()};
        tcp::endpoint from;
        auto accepting = impl->acceptor.async_accept(socket, from, asio::as_tuple(asio::deferred));
        const auto [error] = co_await std::move(accepting);
        if (!error) impl->handler(std::move(socket), peer_of(from));
        if (error == asio::error::operation_aborted || !impl->acceptor.is_open()) co_return;
        if (!error) continue;
        // Out of descriptors, or the connection was gone before we took it: wait a little and go on, never spin, never
        // end.
        log::warning("accept failed: " + error.message());
        impl->pause.expires_after(std::chrono::milliseconds{100});
        auto waiting = impl->pause.async_wait(asio::as_tuple(asio::deferred));
        const auto [cancelled] = co_await std::move(waiting);
        if (cancelled) co_return;
      }
    }
  };
  impl_->worker.spawn(Loop::run(impl_), "accept");
}

/// The kernel has answered for who waits in line: they were told that somebody listens.
void Listener::accept_waiting() {
  boost::system::error_code error;
  impl_->acceptor.non_blocking(true, error);
  for (int i = 0; !error && i < kBacklog; ++i) {
    tcp::socket socket{impl_->worker.context()};
    tcp::endpoint from;
    impl_->acceptor.accept(socket, from, error);
    if (!error) impl_->handler(std::move(socket), peer_of(from));
  }
}

void Listener::close() {
  if (!impl_->inherited && impl_->acceptor.is_open()) accept_waiting();
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->pause.cancel();
}

std::uint16_t Listener::port() const noexcept { return impl_->local.port(); }

std::string Listener::address() const {
  return http::authority_of("", impl_->local.address().to_string(), impl_->local.port());
}

}  // namespace cachearr::net
