#include "store/reader_pool.hpp"

#include <utility>

namespace cachearr::store {
namespace {

constexpr std::size_t kMaxWaiting = 20'000;

}  // namespace

ReaderPool::ReaderPool(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

ReaderPool::~ReaderPool() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  ready_.notify_all();
}

bool ReaderPool::post(std::function<void()> job) {
  {
    const std::lock_guard lock{mutex_};
    if (jobs_.size() >= kMaxWaiting) return false;
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

void ReaderPool::run() {
  std::unique_lock lock{mutex_};
  while (true) {
    ready_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace cachearr::store
