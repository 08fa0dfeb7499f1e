// What this module hands to `net`: contexts, from which connections are made with SSL_new, and connections. Any thread.
#pragma once

#include <memory>

struct ssl_ctx_st;
struct ssl_st;

namespace cachearr::authority {

using ContextHandle = std::shared_ptr<ssl_ctx_st>;

struct FreeConnection {
  void operator()(ssl_st* ssl) const noexcept;
};
using ConnectionHandle = std::unique_ptr<ssl_st, FreeConnection>;

}  // namespace cachearr::authority
