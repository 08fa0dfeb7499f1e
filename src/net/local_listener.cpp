#include "net/local_listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.hpp"
#include "net/tcp_stream.hpp"

namespace cachearr::net {

namespace asio = boost::asio;
using asio::local::stream_protocol;

struct LocalListener::Impl {
  Impl(Worker& w, LocalAcceptHandler h) : worker{w}, acceptor{w.context()}, pause{w.context()}, handler{std::move(h)} {}
  Worker& worker;
  stream_protocol::acceptor acceptor;
  asio::steady_timer pause;
  LocalAcceptHandler handler;
  std::string path;
  struct ::stat file {};
};

namespace {

Error failed(const std::string& path) { return Error{"cannot listen on " + path + ": " + std::strerror(errno)}; }

/// True where a process accepts connections there.
bool somebody_listens(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return true;
  const bool answered = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return answered;
}

Result<bool> make_way(const std::string& path, const sockaddr_un& address) {
  struct ::stat there {};
  if (::lstat(path.c_str(), &there) != 0) return true;
  if (!S_ISSOCK(there.st_mode)) return Error{"cannot listen on " + path + ": there is a file that is no socket"};
  if (somebody_listens(address)) return Error{"cannot listen on " + path + ": another instance does already"};
  if (::unlink(path.c_str()) != 0) return failed(path);
  return true;
}

/// A bound, listening descriptor, or -1 with errno set.
int bind_privately(const sockaddr_un& address) {
  const int handle = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (handle < 0) return -1;
  // The mode of an unbound socket becomes that of its file: there is no moment at which others could open it.
  constexpr ::mode_t owner_only = 0600;
  if (::fchmod(handle, owner_only) == 0 &&
      ::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(handle, SOMAXCONN) == 0)
    return handle;
  const int why = errno;
  ::close(handle);
  errno = why;
  return -1;
}

}  // namespace

LocalListener::LocalListener(std::shared_ptr<Impl> impl) : impl_{std::move(impl)} {}

LocalListener::~LocalListener() {
  struct ::stat now {};
  if (::lstat(impl_->path.c_str(), &now) != 0) return;
  if (now.st_ino == impl_->file.st_ino && now.st_dev == impl_->file.st_dev) ::unlink(impl_->path.c_str());
}

Result<std::unique_ptr<LocalListener>> LocalListener::open(Worker& worker, const std::string& path,
                                                           LocalAcceptHandler handler) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Error{"the path of the socket is too long: " + path};
  path.copy(address.sun_path, path.size());
  const auto way = make_way(path, address);
  if (!way) return way.error();
  const int handle = bind_privately(address);
  if (handle < 0) return failed(path);
  auto impl = std::make_shared<Impl>(worker, std::move(handler));
  boost::system::error_code error;
  impl->acceptor.assign(stream_protocol{}, handle, error);
  if (error) {
    ::close(handle);
    return Error{"cannot listen on " + path + ": " + error.message()};
  }
  impl->path = path;
  ::lstat(path.c_str(), &impl->file);
  return std::unique_ptr<LocalListener>{new LocalListener{std::move(impl)}};
}

void LocalListener::start() {
  struct Loop {
    static bool accept_one(Impl& impl) {
      const int handle = ::accept4(impl.acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (handle < 0) return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
      // Streams do not ask what kind of socket they are on; only addresses differ, and nobody asks for those here.
      boost::system::error_code error;
      asio::ip::tcp::socket socket{impl.worker.context()};
      socket.assign(asio::ip::tcp::v4(), handle, error);
      if (error) return ::close(handle), false;
      impl.handler(make_tcp_stream(impl.worker, std::move(socket)));
      return true;
    }
    static Task<> run(std::shared_ptr<Impl> impl) {
      for (;;) {
        auto waiting = impl->acceptor.async_wait(stream_protocol::acceptor::wait_read, asio::as_tuple(asio::deferred));
        const auto [error] = co_await std::move(waiting);
        if (error == asio::error::operation_aborted || !impl->acceptor.is_open()) co_return;
        if (!error && accept_one(*impl)) continue;
        log::warning("accepting on " + impl->path + " failed; trying again soon");
        impl->pause.expires_after(std::chrono::milliseconds{100});
        auto pausing = impl->pause.async_wait(asio::as_tuple(asio::deferred));
        const auto [cancelled] = co_await std::move(pausing);
        if (cancelled) co_return;
      }
    }
  };
  impl_->worker.spawn(Loop::run(impl_), "accept");
}

void LocalListener::close() noexcept {
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->pause.cancel();
}

}  // namespace cachearr::net
