// What a request asks for: request-target and Host turned into scheme, host, port, path and query, the ambiguous
// refused (RFC 9112 3.2 and 3.3, RFC 9110 7.1 and 7.2). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace cachearr::http {

enum class TargetForm : std::uint8_t { origin, absolute, authority, asterisk };

struct Target {
  TargetForm form = TargetForm::origin;
  std::string scheme;  // "http" or "https", lower case; empty for authority form
  std::string host;    // lower case, no trailing dot, IPv6 without brackets
  std::uint16_t port = 0;
  std::string path;   // begins with '/', as sent (percent-encoding untouched); "*" or empty for the other forms
  std::string query;  // without '?'
  bool has_query = false;
};

/// Reads target and Host. `default_scheme` is what origin form means on this listener. Errors say what is wrong; the
/// answer to each is 400. Refused: no Host in HTTP/1.1; two or an invalid Host; fragments; userinfo; bytes outside
/// 0x21..0x7E; ports outside 1..65535; schemes other than http and https; authority form without CONNECT and the
/// reverse; asterisk form without OPTIONS. An absolute target wins over a valid Host that names something else
/// (RFC 9112 3.2.2: a proxy must ignore and replace it). HTTP/1.0 may lack Host (host stays empty then). Writes into
/// `into`, whose strings keep their capacity.
Result<bool> read_target(const RequestHead& head, std::string_view default_scheme, Target& into);

/// "host:port" with the port left out where it is the scheme's default, brackets around IPv6.
std::string authority_of(std::string_view scheme, std::string_view host, std::uint16_t port);
/// The same into a string that keeps its memory.
void assign_authority(std::string& into, std::string_view scheme, std::string_view host, std::uint16_t port);

/// Splits "host", "host:port", "[v6]:port"; port 0 where there is none.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
Result<HostPort> parse_host_port(std::string_view text);

/// True for an address in dotted, decimal, octal, hexadecimal or short notation ("127.1", "0x7f000001") or IPv6.
bool looks_like_ip(std::string_view host) noexcept;

}  // namespace cachearr::http
