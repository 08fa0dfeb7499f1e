// The server side of TLS: one context for all hosts, and the leaf on each connection. Private to this module; any
// thread.
#pragma once

#include <memory>
#include <string>

#include "authority/openssl.hpp"
#include "authority/ticket_keys.hpp"
#include "base/result.hpp"

namespace cachearr::authority {

Result<ContextPtr> make_server_context(std::shared_ptr<TicketKeys> tickets);
/// Makes `ssl` show `leaf`. `host` separates sessions: a ticket for one host is none for another.
[[nodiscard]] bool show_leaf(SSL* ssl, X509* leaf, EVP_PKEY* leaf_key, const std::string& host);
/// Lets `ssl` choose HTTP/2 where the client offers it.
void allow_http2(SSL* ssl) noexcept;

}  // namespace cachearr::authority
