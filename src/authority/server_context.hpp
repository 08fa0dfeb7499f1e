// The server side of TLS for one leaf. Private to the room; any thread.
#pragma once

#include <memory>
#include <string>

#include "authority/openssl.hpp"
#include "authority/ticket_keys.hpp"
#include "base/result.hpp"

namespace cachearr::authority {

/// `host` separates sessions: a ticket for one host is none for another.
Result<ContextPtr> make_server_context(X509* leaf, EVP_PKEY* leaf_key, const std::string& host,
                                       std::shared_ptr<TicketKeys> tickets);

}  // namespace cachearr::authority
