#include "net/event.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

namespace cachearr::net {

namespace {
using Token = boost::asio::use_awaitable_t<>;
using Handler = boost::asio::async_result<Token, void()>::handler_type;
}  // namespace

struct Event::Impl {
  boost::asio::io_context& context;
  bool set = false;
  std::optional<Handler> waiter;
};

Event::Event(boost::asio::io_context& context) : impl_{new Impl{context, false, std::nullopt}} {}
Event::~Event() = default;

Task<> Event::wait() {
  auto* const impl = impl_.get();
  if (!impl->set) {
    auto keep = [impl](auto handler) { impl->waiter.emplace(std::move(handler)); };
    auto waiting = boost::asio::async_initiate<const Token, void()>(std::move(keep), boost::asio::use_awaitable);
    co_await std::move(waiting);
  }
  impl->set = false;
}

void Event::set() {
  impl_->set = true;
  if (!impl_->waiter) return;
  Handler waiter = std::move(*impl_->waiter);
  impl_->waiter.reset();
  boost::asio::post(impl_->context, std::move(waiter));
}

}  // namespace cachearr::net
