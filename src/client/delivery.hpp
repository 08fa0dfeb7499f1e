// Answering what memory alone cannot: one client's part in a shared fetch, from joining to the last byte. Runs on the
// session's worker.
#pragma once

#include <memory>

#include "client/exchange.hpp"

namespace cachearr::client {

/// REQUIRES: the request's head is consumed from the session's inbox; its body, if any, still stands or comes there.
net::Task<Next> deliver(Exchange& exchange, std::shared_ptr<fetch::FetchJob> job);

}  // namespace cachearr::client
