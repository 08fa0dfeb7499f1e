// Plain TCP behind the Stream interface.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::net {

/// Takes over a connected socket of this worker's loop. Sets it non-blocking and TCP_NODELAY.
std::unique_ptr<Stream> make_tcp_stream(Worker& worker, boost::asio::ip::tcp::socket socket);

/// Takes the socket back from a stream that make_tcp_stream made; the stream is of no use afterwards.
boost::asio::ip::tcp::socket release_socket(Stream& stream);

}  // namespace cachearr::net
