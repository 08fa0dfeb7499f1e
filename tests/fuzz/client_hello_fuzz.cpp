// A first message is read the same way however much of it is there, and only real names come out of it.
#include "authority/client_hello.hpp"
#include "authority/host_names.hpp"
#include "fuzz/input.hpp"

using namespace cachearr;
using Kind = authority::ClientHello::Kind;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text_of(data, size);
  const auto whole = authority::read_client_hello(bytes);
  fuzz::require(whole.server_name.empty() || authority::is_dns_name(whole.server_name));
  fuzz::require(whole.kind == Kind::hello || whole.server_name.empty());
  // What a beginning says for certain, the rest does not change.
  const auto part = authority::read_client_hello(bytes.substr(0, bytes.size() / 2));
  fuzz::require(part.kind == Kind::incomplete || part.kind == whole.kind);
  fuzz::require(part.kind != Kind::hello || part.server_name == whole.server_name);
  return 0;
}
