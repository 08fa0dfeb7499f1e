// One thread with its own event loop. Connections, timers and coroutines of a worker never leave it; other threads
// reach it only through a WorkerHandle, or through post() where they know that the worker lives.
//
// Owned by the application, which starts all workers, then stops them, then destroys them. Everything else is for the
// worker's own thread unless it says so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/deadlines.hpp"
#include "net/task.hpp"

namespace boost::asio {
class io_context;
}

namespace cachearr::net {

/// A connection that lives on a worker and can be asked to close: once it has finished what it does, or at once.
class Closable {
 public:
  virtual ~Closable() = default;
  virtual void ask_to_close(bool at_once) noexcept = 0;
  /// The configuration has changed: a connection that it does not allow any more closes.
  virtual void policy_changed() noexcept {}

 private:
  friend class Worker;
  Closable* previous_ = nullptr;
  Closable* next_ = nullptr;
};

/// A coroutine that waits for an event is owned by that event, not by the loop; when the loop ends it is given up by
/// hand.
class Waiting {
 public:
  virtual ~Waiting() = default;
  /// Destroys the waiting coroutine; false where none waits.
  virtual bool give_up() noexcept = 0;

 private:
  friend class Worker;
  Waiting* previous_ = nullptr;
  Waiting* next_ = nullptr;
};

/// Reaches a worker from any thread, also after its end: a job that comes too late is destroyed without having run.
/// What is handed to another thread and calls back keeps a handle, never a Worker&. A value; copies reach the same
/// worker.
class WorkerHandle {
 public:
  void post(std::function<void()> job) const;
  /// True on that worker's own thread.
  bool is_current() const noexcept;

 private:
  friend class Worker;
  struct Mailbox;
  explicit WorkerHandle(std::shared_ptr<Mailbox> mailbox) : mailbox_{std::move(mailbox)} {}
  std::shared_ptr<Mailbox> mailbox_;
};

class Worker {
 public:
  explicit Worker(std::uint32_t index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  std::uint32_t index() const noexcept { return index_; }
  boost::asio::io_context& context() noexcept;
  Deadlines& deadlines() noexcept { return deadlines_; }

  /// Starts the thread under this name; any thread.
  void start(std::string name);
  /// Runs `job` on this worker's thread; any thread. Jobs posted after stop() are dropped.
  void post(std::function<void()> job) { handle_.post(std::move(job)); }
  /// For whoever may outlive this worker.
  const WorkerHandle& handle() const noexcept { return handle_; }
  /// True on this worker's own thread.
  bool is_current() const noexcept;
  /// Runs a coroutine on this worker; its thread only. An exception that leaves it is logged and ends it.
  void spawn(Task<> task, std::string_view what);

  void add(Closable& connection) noexcept;
  void remove(Closable& connection) noexcept;
  std::size_t connections() const noexcept { return connection_count_; }
  /// Asks every connection to close.
  void ask_connections_to_close(bool at_once) noexcept;
  void tell_policy_changed() noexcept;

  void expect(Waiting& waiting) noexcept;
  void forget(Waiting& waiting) noexcept;

  /// Ends the loop; any thread. join() waits for the thread.
  void stop();
  void join();
  /// Destroys every coroutine that is still suspended here. After join(); what they refer to must still live.
  void abandon() noexcept;
  /// Milliseconds since the last sweep; any thread. Large: the loop is stuck.
  std::int64_t lag_ms() const noexcept;

 private:
  struct Impl;
  Task<> sweep_forever();
  std::uint32_t index_;
  Deadlines deadlines_;
  Closable* first_connection_ = nullptr;
  std::size_t connection_count_ = 0;
  Waiting* first_waiting_ = nullptr;
  std::unique_ptr<Impl> impl_;
  WorkerHandle handle_;
};

}  // namespace cachearr::net
