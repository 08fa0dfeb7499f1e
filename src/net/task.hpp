// The coroutine type of this program and the rule for using it: a Task runs on the worker that started it, and a value
// that an await needs is named before it is awaited (g++ 12 destroys unnamed aggregates and lambdas twice).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace cachearr::net {

/// The loop's own and not any: it is copied at each step, and calls through it need no table.
using Executor = boost::asio::io_context::executor_type;

template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;

}  // namespace cachearr::net
