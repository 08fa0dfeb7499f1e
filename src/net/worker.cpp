#include "net/worker.hpp"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <mutex>
#include <string>

#include "base/log.hpp"
#include "base/thread_name.hpp"

namespace cachearr::net {

namespace asio = boost::asio;

struct Worker::Impl {
  // Sockets are touched on the worker's thread alone; other threads only post.
  asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::steady_timer ticks{context};
  std::atomic<std::int64_t> last_sweep_ms{0};
  std::thread thread;
};

struct WorkerHandle::Mailbox {
  std::mutex mutex;                     // guards `context`
  asio::io_context* context = nullptr;  // null once the worker has ended
};

void WorkerHandle::post(std::function<void()> job) const {
  const std::lock_guard lock{mailbox_->mutex};
  if (mailbox_->context) asio::post(*mailbox_->context, std::move(job));
}

namespace {
thread_local const Worker* current_worker = nullptr;

std::int64_t steady_ms() noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}
}  // namespace

bool WorkerHandle::is_current() const noexcept {
  return current_worker && current_worker->handle().mailbox_ == mailbox_;
}

Worker::Worker(std::uint32_t index)
    : index_{index}, impl_{std::make_unique<Impl>()}, handle_{std::make_shared<WorkerHandle::Mailbox>()} {
  handle_.mailbox_->context = &impl_->context;
  impl_->last_sweep_ms = steady_ms();
}

Worker::~Worker() {
  stop();
  join();
  abandon();
}

asio::io_context& Worker::context() noexcept { return impl_->context; }

void Worker::start(std::string name) {
  spawn(sweep_forever(), "sweep");
  impl_->thread = std::thread{[this, name = std::move(name)] {
    name_thread(name.c_str());
    current_worker = this;
    impl_->context.run();
  }};
}

bool Worker::is_current() const noexcept { return current_worker == this; }

void Worker::spawn(Task<> task, std::string_view what) {
  asio::co_spawn(impl_->context, std::move(task), [what](const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& e) {
      log::error(std::string{what} + " ended by an exception: " + e.what());
    }
  });
}

void Worker::add(Closable& connection) noexcept {
  connection.previous_ = nullptr;
  connection.next_ = first_connection_;
  if (first_connection_) first_connection_->previous_ = &connection;
  first_connection_ = &connection;
  ++connection_count_;
}

void Worker::remove(Closable& connection) noexcept {
  (connection.previous_ ? connection.previous_->next_ : first_connection_) = connection.next_;
  if (connection.next_) connection.next_->previous_ = connection.previous_;
  --connection_count_;
}

void Worker::tell_policy_changed() noexcept {
  for (auto* connection = first_connection_; connection;) {
    auto* const next = connection->next_;
    connection->policy_changed();
    connection = next;
  }
}

void Worker::ask_connections_to_close(bool at_once) noexcept {
  for (auto* connection = first_connection_; connection;) {
    auto* const next =
        connection->next_;  // this only marks and cancels; the connection is destroyed later, by its own coroutine
    connection->ask_to_close(at_once);
    connection = next;
  }
}

Task<> Worker::sweep_forever() {
  for (;;) {
    impl_->ticks.expires_after(Deadlines::kSweep);
    auto tick = impl_->ticks.async_wait(asio::as_tuple(asio::deferred));
    const auto [error] = co_await std::move(tick);
    if (error) co_return;
    deadlines_.sweep(std::chrono::steady_clock::now());
    impl_->last_sweep_ms.store(steady_ms(), std::memory_order_relaxed);
  }
}

void Worker::expect(Waiting& waiting) noexcept {
  waiting.previous_ = nullptr;
  waiting.next_ = first_waiting_;
  if (first_waiting_) first_waiting_->previous_ = &waiting;
  first_waiting_ = &waiting;
}

void Worker::forget(Waiting& waiting) noexcept {
  (waiting.previous_ ? waiting.previous_->next_ : first_waiting_) = waiting.next_;
  if (waiting.next_) waiting.next_->previous_ = waiting.previous_;
}

void Worker::stop() {
  if (impl_) impl_->context.stop();
}

void Worker::join() {
  if (impl_ && impl_->thread.joinable()) impl_->thread.join();
}

void Worker::abandon() noexcept {
  {
    const std::lock_guard lock{handle_.mailbox_->mutex};
    handle_.mailbox_->context = nullptr;
  }
  // Giving one up may destroy others with it, so the walk begins anew each time.
  for (auto* waiting = first_waiting_; waiting;) waiting = waiting->give_up() ? first_waiting_ : waiting->next_;
  impl_.reset();
}

std::int64_t Worker::lag_ms() const noexcept {
  return steady_ms() - impl_->last_sweep_ms.load(std::memory_order_relaxed);
}

}  // namespace cachearr::net
