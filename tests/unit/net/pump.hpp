// A worker whose loop the test runs by itself, on its own thread: what a coroutine does happens in a fixed order.
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "net/task.hpp"
#include "net/worker.hpp"

namespace cachearr::net::test {

class Pump {
 public:
  Worker worker{0};

  /// Runs the loop until the coroutine has returned; gives back what it returned.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    start(std::move(task), result);
    while (!result) worker.context().run_one();
    return std::move(*result);
  }
  /// Starts a coroutine whose result comes later. REQUIRES: `result` outlives it.
  template <class T>
  void start(Task<T> task, std::optional<T>& result) {
    worker.spawn(keep(std::move(task), result), "test");
  }
  /// Runs what can run without waiting.
  void settle() { worker.context().poll(); }

 private:
  template <class T>
  static Task<> keep(Task<T> task, std::optional<T>& result) {
    auto value = co_await std::move(task);
    result.emplace(std::move(value));
  }
};

}  // namespace cachearr::net::test
