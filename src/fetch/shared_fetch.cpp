#include "fetch/shared_fetch.hpp"

#include <algorithm>
#include <utility>

namespace cachearr::fetch {

void Wakeup::wake(const std::shared_ptr<Wakeup>& wakeup) {
  if (wakeup->worker_.is_current()) {
    wakeup->event_.set();
  } else {
    wakeup->worker_.post([wakeup] { wakeup->event_.set(); });
  }
}

SharedFetch::SharedFetch(net::Worker& worker) : fetch_{std::make_shared<Wakeup>(worker)} {}
SharedFetch::~SharedFetch() = default;

void SharedFetch::wake_locked() {
  for (const auto& reader : waiting_) Wakeup::wake(reader);
  waiting_.clear();
}

void SharedFetch::interim(std::string head) {
  const std::lock_guard lock{mutex_};
  interims_.push_back(std::move(head));
  wake_locked();
}

bool SharedFetch::is_pending() const {
  const std::lock_guard lock{mutex_};
  return outcome_.kind == FetchOutcome::Kind::pending;
}

void SharedFetch::waited(Duration duration) {
  const std::lock_guard lock{mutex_};
  waited_ = duration;
}

void SharedFetch::decide(FetchOutcome outcome) {
  const std::lock_guard lock{mutex_};
  if (outcome_.kind != FetchOutcome::Kind::pending) return;
  outcome_ = std::move(outcome);
  wake_locked();
}

void SharedFetch::append(std::string_view data, bool keep) {
  if (data.empty()) return;
  auto chunk = std::make_shared<const std::string>(data);
  const std::lock_guard lock{mutex_};
  chunks_.push_back(std::move(chunk));
  end_ += data.size();
  if (!keep) drop_seen_locked();
  wake_locked();
}

void SharedFetch::arrived(const caching::FetchCost& cost, store::EntryPtr stored) {
  const std::lock_guard lock{mutex_};
  cost_ = cost;
  stored_ = std::move(stored);
}

void SharedFetch::finish(std::string trailers) {
  const std::lock_guard lock{mutex_};
  if (body_ == Body::open) {
    trailers_ = std::move(trailers);
    body_ = Body::complete;
  }
  wake_locked();
}

void SharedFetch::break_off() {
  const std::lock_guard lock{mutex_};
  if (body_ == Body::open) body_ = Body::broken;
  wake_locked();
}

bool SharedFetch::may_go_on_locked() const noexcept {
  std::uint64_t fastest = 0;
  std::uint64_t slowest = end_;
  for (const auto* reader : readers_) {
    fastest = std::max(fastest, reader->position_);
    slowest = std::min(slowest, reader->position_);
  }
  return end_ <= fastest + kWindow && end_ <= slowest + kMaxLag;
}

/// Lets go of what every reader has seen.
void SharedFetch::drop_seen_locked() {
  std::uint64_t slowest = end_;
  for (const auto* reader : readers_) slowest = std::min(slowest, reader->position_);
  auto kept = chunks_.begin();
  for (; kept != chunks_.end() && base_ + (*kept)->size() <= slowest; ++kept, ++dropped_) base_ += (*kept)->size();
  chunks_.erase(chunks_.begin(), kept);
}

net::Task<bool> SharedFetch::wait_for_readers() {
  for (;;) {
    {
      const std::lock_guard lock{mutex_};
      if (readers_.empty()) co_return false;
      if (may_go_on_locked()) co_return true;
      fetch_waits_ = true;
    }
    co_await fetch_->wait();
  }
}

std::vector<std::string_view> SharedFetch::pieces() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::string_view> views;
  views.reserve(chunks_.size());
  for (const auto& chunk : chunks_) views.emplace_back(*chunk);
  return views;
}

std::uint64_t SharedFetch::size() const noexcept {
  const std::lock_guard lock{mutex_};
  return end_;
}

bool SharedFetch::has_readers() const noexcept {
  const std::lock_guard lock{mutex_};
  return !readers_.empty();
}

void SharedFetch::on_abandoned(std::function<void()> call) {
  const std::lock_guard lock{mutex_};
  abandoned_ = std::move(call);
}

/// A reader moved on or left: the fetch may be waiting for just that.
void SharedFetch::wake_fetch_locked() {
  if (std::exchange(fetch_waits_, false)) Wakeup::wake(fetch_);
}

FetchReader::FetchReader(std::shared_ptr<SharedFetch> shared_fetch, net::Worker& worker)
    : shared_fetch_{std::move(shared_fetch)}, wakeup_{std::make_shared<Wakeup>(worker)} {
  const std::lock_guard lock{shared_fetch_->mutex_};
  shared_fetch_->readers_.push_back(this);
}

FetchReader::~FetchReader() {
  std::function<void()> abandoned;
  {
    const std::lock_guard lock{shared_fetch_->mutex_};
    std::erase(shared_fetch_->readers_, this);
    shared_fetch_->wake_fetch_locked();
    if (shared_fetch_->readers_.empty() && shared_fetch_->body_ == SharedFetch::Body::open)
      abandoned = std::exchange(shared_fetch_->abandoned_, {});
  }
  if (abandoned) shared_fetch_->fetch_->worker().post(std::move(abandoned));
}

bool FetchReader::poll_outcome(Arrival& into) {
  const std::lock_guard lock{shared_fetch_->mutex_};
  if (interims_ < shared_fetch_->interims_.size()) {
    into = {Arrival::Kind::interim, nullptr, shared_fetch_->interims_[interims_++]};
    return true;
  }
  if (shared_fetch_->outcome_.kind != FetchOutcome::Kind::pending) {
    into = {Arrival::Kind::outcome, nullptr, {}};
    return true;
  }
  shared_fetch_->waiting_.push_back(wakeup_);
  return false;
}

net::Task<Arrival> FetchReader::wait_outcome() {
  Arrival arrival;
  while (!poll_outcome(arrival)) {
    co_await wakeup_->wait();
  }
  co_return arrival;
}

const FetchOutcome& FetchReader::outcome() const noexcept { return shared_fetch_->outcome_; }
const std::string& FetchReader::trailers() const noexcept { return shared_fetch_->trailers_; }

Duration FetchReader::waited() const noexcept { return shared_fetch_->waited_; }
const std::optional<caching::FetchCost>& FetchReader::cost() const noexcept { return shared_fetch_->cost_; }
const store::EntryPtr& FetchReader::stored() const noexcept { return shared_fetch_->stored_; }

bool FetchReader::poll(Arrival& into) {
  auto& shared_fetch = *shared_fetch_;
  const std::lock_guard lock{shared_fetch.mutex_};
  if (next_ < shared_fetch.dropped_) {
    into = {Arrival::Kind::broken, nullptr, {}};  // it came too late: what it needs is gone
    return true;
  }
  if (position_ < shared_fetch.end_) {
    const auto& chunk = shared_fetch.chunks_[next_ - shared_fetch.dropped_];
    into = {Arrival::Kind::data, chunk, {}};
    ++next_;
    position_ += chunk->size();
    shared_fetch.wake_fetch_locked();
    return true;
  }
  if (shared_fetch.body_ != SharedFetch::Body::open) {
    into = {
        shared_fetch.body_ == SharedFetch::Body::complete ? Arrival::Kind::end : Arrival::Kind::broken, nullptr, {}};
    return true;
  }
  return false;
}

net::Task<> FetchReader::wait_body() {
  {
    const std::lock_guard lock{shared_fetch_->mutex_};
    if (position_ < shared_fetch_->end_ || shared_fetch_->body_ != SharedFetch::Body::open) co_return;
    shared_fetch_->waiting_.push_back(wakeup_);
  }
  co_await wakeup_->wait();
}

}  // namespace cachearr::fetch
