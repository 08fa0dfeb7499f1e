#include "net/local_connect.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/tcp_stream.hpp"

namespace cachearr::net {

namespace asio = boost::asio;

namespace {
Error cannot_connect(const std::string& path, const std::string& why) {
  return Error{"cannot connect to " + path + ": " + why};
}
}  // namespace

Result<std::unique_ptr<Stream>> connect_local(Worker& worker, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return cannot_connect(path, "the path is too long");
  path.copy(address.sun_path, path.size());
  const int handle = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (handle < 0) return cannot_connect(path, std::strerror(errno));
  boost::system::error_code error;
  asio::ip::tcp::socket socket{worker.context()};
  // Streams do not ask what kind of socket they are on.
  socket.assign(asio::ip::tcp::v4(), handle, error);
  if (error) {
    ::close(handle);
    return cannot_connect(path, error.message());
  }
  if (::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return cannot_connect(path, std::strerror(errno));
  return make_tcp_stream(worker, std::move(socket));
}

}  // namespace cachearr::net
