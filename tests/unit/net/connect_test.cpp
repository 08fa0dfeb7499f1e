#include "net/connect.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "unit/net/pump.hpp"

namespace cachearr::net {
namespace {

using boost::asio::ip::tcp;
using test::Pump;

/// A port on which nobody listens: bound, so that nobody else can.
class SilentPort {
 public:
  explicit SilentPort(Pump& pump) : socket_{pump.worker.context(), tcp::endpoint{tcp::v4(), 0}} {}
  std::uint16_t number() const { return socket_.local_endpoint().port(); }

 private:
  tcp::socket socket_;
};

std::string problem_with(Pump& pump, std::vector<ip::Address> addresses, std::uint16_t port) {
  const auto connected = pump.run(connect_any(pump.worker, std::move(addresses), port, Duration{5000}));
  return connected ? "none" : connected.error().what;
}

TEST(Connecting, TellsWhyTheOnlyAddressFailed) {
  Pump pump;
  const SilentPort port{pump};
  EXPECT_EQ(problem_with(pump, {*ip::parse_address("127.0.0.1")}, port.number()), "Connection refused");
}

TEST(Connecting, TellsOfEachOfSeveralAddressesWhyItFailed) {
  Pump pump;
  const SilentPort port{pump};
  EXPECT_EQ(problem_with(pump, {*ip::parse_address("127.0.0.1"), *ip::parse_address("127.0.0.2")}, port.number()),
            "127.0.0.1: Connection refused, 127.0.0.2: Connection refused");
}

}  // namespace
}  // namespace cachearr::net
