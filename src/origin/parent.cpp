#include "origin/parent.hpp"

#include <utility>

#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "http/target.hpp"
#include "http/url.hpp"
#include "net/head_parser.hpp"

namespace cachearr::origin {

namespace {

constexpr std::size_t kMaxReply = 16 * 1024;
constexpr std::size_t kMaxName = 255;  // its length is one byte

/// Reads until `count` bytes are buffered.
net::Task<net::IoError> need(net::Stream& stream, net::Inbox& inbox, std::size_t count) {
  while (inbox.readable().size() < count) {
    const auto got = co_await inbox.fill(stream, kMaxReply);
    if (got.error != net::IoError::none) co_return got.error;
  }
  co_return net::IoError::none;
}

/// Sends `message` and reads at least `count` bytes of the reply.
net::Task<net::IoError> exchange(net::Stream& stream, net::Inbox& inbox, std::string message, std::size_t count) {
  const auto sent = co_await net::write_all(stream, message);
  if (sent != net::IoError::none) co_return sent;
  co_return co_await need(stream, inbox, count);
}

/// Why there is no reply of `who`.
Error broken(const std::string& who, net::IoError error) {
  if (error == net::IoError::timed_out) return Error{who + " did not answer in time"};
  if (error == net::IoError::closed) return Error{who + " ended the connection"};
  return Error{who + " ended the connection (" + std::string{name_of(error)} + ")"};
}
constexpr const char *kSocks = "the SOCKS5 parent", *kHttp = "the parent proxy";

std::string_view socks_problem(unsigned char code) {
  switch (code) {
    case 1: return "general failure";
    case 2: return "not allowed by its rules";
    case 3: return "network unreachable";
    case 4: return "host unreachable";
    case 5: return "connection refused";
    case 6: return "TTL expired";
    default: return "request not supported";
  }
}

void append_port(std::string& out, std::uint16_t port) {
  out += static_cast<char>(port >> 8);
  out += static_cast<char>(port & 0xFF);
}

/// Type and address: addresses as such, since not every parent takes their text for a name.
void append_destination(std::string& out, const std::string& host) {
  const auto address = ip::parse_address(host);
  if (!address) {
    out += '\x03';
    out += static_cast<char>(host.size());
    out += host;
    return;
  }
  out += address->is_v4() ? '\x01' : '\x04';
  out.append(address->bytes.begin() + (address->is_v4() ? 12 : 0), address->bytes.end());
}

/// Length of the address that starts with `type` and `first`; 0 where there is no such type.
std::size_t address_size(char type, char first) noexcept {
  switch (type) {
    case 1: return 4;
    case 3: return 1U + static_cast<unsigned char>(first);
    case 4: return 16;
    default: return 0;
  }
}

net::Task<Result<bool>> authenticate(net::Stream& stream, net::Inbox& inbox, const Parent& parent) {
  std::string message{"\x01"};
  message += static_cast<char>(parent.user.size());
  message += parent.user;
  message += static_cast<char>(parent.password.size());
  message += parent.password;
  const auto answered = co_await exchange(stream, inbox, std::move(message), 2);
  if (answered != net::IoError::none) co_return broken(kSocks, answered);
  const bool accepted = inbox.readable()[1] == 0;
  inbox.consume(2);
  if (!accepted) co_return Error{"the SOCKS5 parent refused user and password"};
  co_return true;
}

net::Task<Result<bool>> open_socks(net::Stream& stream, net::Inbox& inbox, Parent parent, std::string host,
                                   std::uint16_t port) {
  if (host.size() > kMaxName) co_return Error{"the host's name is too long for SOCKS5"};
  const bool with_password = !parent.user.empty();
  std::string greeting = with_password ? std::string{"\x05\x02\x00\x02", 4} : std::string{"\x05\x01\x00", 3};
  const auto greeted = co_await exchange(stream, inbox, std::move(greeting), 2);
  if (greeted != net::IoError::none && greeted != net::IoError::closed) co_return broken(kSocks, greeted);
  if (greeted == net::IoError::closed || inbox.readable()[0] != 5) co_return Error{"the parent does not speak SOCKS5"};
  const auto method = static_cast<unsigned char>(inbox.readable()[1]);
  inbox.consume(2);
  if (method == 2 && with_password) {
    const auto authenticated = co_await authenticate(stream, inbox, parent);
    if (!authenticated) co_return authenticated.error();
  } else if (method != 0) {
    co_return Error{"the SOCKS5 parent wants an authentication that is not configured"};
  }
  std::string request{"\x05\x01\x00", 3};
  append_destination(request, host);
  append_port(request, port);
  const auto replied = co_await exchange(stream, inbox, std::move(request), 5);
  if (replied != net::IoError::none) co_return broken(kSocks, replied);
  const auto head = inbox.readable();
  if (head[0] != 5) co_return Error{"the parent does not speak SOCKS5"};
  if (head[1] != 0)
    co_return Error{"the SOCKS5 parent: " + std::string{socks_problem(static_cast<unsigned char>(head[1]))}};
  const auto address = address_size(head[3], head[4]);
  if (address == 0) co_return Error{"the parent does not speak SOCKS5"};
  const std::size_t whole = 4 + address + 2;
  const auto complete = co_await need(stream, inbox, whole);
  if (complete != net::IoError::none) co_return broken(kSocks, complete);
  inbox.consume(whole);
  co_return true;
}

net::Task<Result<bool>> open_connect(net::Stream& stream, net::Inbox& inbox, Parent parent, std::string host,
                                     std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  const std::string authority = (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  std::string request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  const auto credentials = basic_credentials(parent);
  if (!credentials.empty()) request += "Proxy-Authorization: " + credentials + "\r\n";
  request += "\r\n";
  const auto asked = co_await net::write_all(stream, request);
  if (asked != net::IoError::none) co_return broken(kHttp, asked);
  for (;;) {
    http::ResponseHead head;
    const auto parsed = net::parse_response_head(inbox.readable(), kMaxReply, head);
    if (parsed.kind == net::HeadParse::Kind::error) co_return Error{"the parent proxy does not speak HTTP"};
    if (parsed.kind == net::HeadParse::Kind::complete) {
      const int status = head.status;
      inbox.consume(parsed.consumed);
      if (status / 100 == 2) co_return true;
      co_return Error{"the parent proxy refused the tunnel with status " + std::to_string(status)};
    }
    const auto got = co_await inbox.fill(stream, kMaxReply);
    if (got.error != net::IoError::none) co_return broken(kHttp, got.error);
  }
}

}  // namespace

std::optional<Parent> parse_parent(std::string_view url) {
  const auto parts = http::split_url(url);
  Parent parent;
  parent.socks5 = text::iequals(parts.scheme, "socks5");
  if (!parts.authority || (!parent.socks5 && !text::iequals(parts.scheme, "http"))) return std::nullopt;
  if (!parts.tail.empty() && parts.tail != "/") return std::nullopt;
  if (const auto given = parts.userinfo()) {
    const auto colon = given->find(':');
    parent.user = text::percent_decode(given->substr(0, colon));
    if (colon != std::string_view::npos) parent.password = text::percent_decode(given->substr(colon + 1));
  }
  const auto address = http::parse_host_port(parts.host_port());
  if (!address || parent.user.size() > kMaxName || parent.password.size() > kMaxName) return std::nullopt;
  parent.host = address->host;
  parent.port = address->port ? address->port : static_cast<std::uint16_t>(parent.socks5 ? 1080 : 3128);
  return parent;
}

std::string basic_credentials(const Parent& parent) {
  if (parent.user.empty()) return {};
  return "Basic " + text::base64_encode(parent.user + ":" + parent.password);
}

net::Task<Result<bool>> open_tunnel(net::Stream& stream, net::Inbox& inbox, Parent parent, std::string host,
                                    std::uint16_t port) {
  if (parent.socks5) return open_socks(stream, inbox, std::move(parent), std::move(host), port);
  return open_connect(stream, inbox, std::move(parent), std::move(host), port);
}

}  // namespace cachearr::origin
