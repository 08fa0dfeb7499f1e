// The coroutine type of this program and the rule for using it: a Task runs on the worker that started it, and a value
// that an await needs is named before it is awaited (g++ 12 destroys unnamed aggregates and lambdas twice).
#pragma once

#include <boost/asio/awaitable.hpp>

namespace cachearr::net {

template <class T = void>
using Task = boost::asio::awaitable<T>;

}  // namespace cachearr::net
