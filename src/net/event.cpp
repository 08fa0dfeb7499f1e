#include "net/event.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "net/worker.hpp"

namespace cachearr::net {

namespace {
using Token = boost::asio::use_awaitable_t<Executor>;
using Handler = boost::asio::async_result<Token, void()>::handler_type;
}  // namespace

struct Event::Impl final : Waiting {
  explicit Impl(Worker& w) : worker{w} {}
  ~Impl() override {
    if (waiter) worker.forget(*this);
  }
  // The worker knows of it only while a coroutine waits: without one it may end on any thread.
  void keep(Handler handler) {
    waiter.emplace(std::move(handler));
    worker.expect(*this);
  }
  Handler take() {
    worker.forget(*this);
    Handler handler = std::move(*waiter);
    waiter.reset();
    return handler;
  }
  bool give_up() noexcept override {
    if (!waiter) return false;
    const Handler abandoned = take();
    return true;
  }
  Worker& worker;
  bool set = false;
  std::optional<Handler> waiter;
};

Event::Event(Worker& worker) : impl_{std::make_unique<Impl>(worker)} {}
Event::~Event() = default;

Task<> Event::wait() {
  auto* const impl = impl_.get();
  if (!impl->set) {
    auto keep = [impl](auto handler) { impl->keep(std::move(handler)); };
    auto waiting = boost::asio::async_initiate<const Token, void()>(std::move(keep), Token{});
    co_await std::move(waiting);
  }
  impl->set = false;
}

void Event::set() {
  impl_->set = true;
  if (!impl_->waiter) return;
  boost::asio::post(impl_->worker.context(), impl_->take());
}

Task<> let_others_go(Worker& worker) {
  auto turn = std::make_shared<Event>(worker);
  worker.post([turn] { turn->set(); });
  co_await turn->wait();
}

}  // namespace cachearr::net
