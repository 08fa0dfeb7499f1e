// Lets one coroutine wait until something happens; never polls. Belongs to one worker; only its thread calls it. While
// nobody waits it may be destroyed on any thread, and after the worker.
#pragma once

#include <memory>

#include "net/task.hpp"

namespace cachearr::net {

class Worker;

class Event {
 public:
  explicit Event(Worker& worker);
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event();

  /// Returns once set() was called since the last wait() returned; at once if it already was. One waiter at a time.
  Task<> wait();
  void set();

 private:
  friend class Worker;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Returns when the loop has run whatever else was ready.
Task<> let_others_go(Worker& worker);

}  // namespace cachearr::net
