// What this room hands to `net`: an OpenSSL context, from which connections are made with SSL_new(handle.get()). Any
// thread.
#pragma once

#include <memory>

struct ssl_ctx_st;

namespace cachearr::authority {

using ContextHandle = std::shared_ptr<ssl_ctx_st>;

}  // namespace cachearr::authority
