// What an HTTP/1 client is sent, without a socket.
#pragma once

#include <string>

#include "client/http1_reply_sink.hpp"
#include "unit/net/memory_stream.hpp"
#include "unit/net/pump.hpp"

namespace cachearr::test {

struct Http1Connection {
  std::string text() {
    std::string all;
    if (sink.empty()) return all;
    for (const auto& slice : sink.slices()) all.append(static_cast<const char*>(slice.iov_base), slice.iov_len);
    return all;
  }
  net::test::Pump pump;
  net::test::MemoryStream stream{pump.worker};
  client::OutputPool outputs;
  client::Http1ReplySink sink{outputs, stream};
};

}  // namespace cachearr::test
