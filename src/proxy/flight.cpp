#include "proxy/flight.hpp"

#include <algorithm>

namespace cachearr::proxy {

/// Rings on the reader's worker; outlives the reader where a ring is still under way.
struct FlightReader::Bell {
  explicit Bell(net::Worker& w) : worker{w}, event{w} {}
  net::Worker& worker;
  net::Event event;
};

Flight::Flight(net::Worker& leaders_worker) : worker_{leaders_worker}, room_{leaders_worker} {}
Flight::~Flight() = default;

void Flight::ring_locked() {
  for (auto& bell : waiting_) {
    if (bell->worker.is_current()) {
      bell->event.set();
    } else {
      bell->worker.post([bell] { bell->event.set(); });
    }
  }
  waiting_.clear();
}

void Flight::interim(std::string head) {
  const std::lock_guard lock{mutex_};
  interims_.push_back(std::move(head));
  ring_locked();
}

void Flight::decide(Outcome outcome) {
  const std::lock_guard lock{mutex_};
  if (outcome_.kind != Outcome::Kind::pending) return;
  outcome_ = std::move(outcome);
  ring_locked();
}

void Flight::append(std::string_view data, bool keep) {
  if (data.empty()) return;
  auto chunk = std::make_shared<const std::string>(data);
  const std::lock_guard lock{mutex_};
  chunks_.push_back(std::move(chunk));
  end_ += data.size();
  if (!keep) drop_seen_locked();
  ring_locked();
}

void Flight::finish() {
  const std::lock_guard lock{mutex_};
  if (body_ == Body::open) body_ = Body::complete;
  ring_locked();
}

void Flight::break_off() {
  const std::lock_guard lock{mutex_};
  if (body_ == Body::open) body_ = Body::broken;
  ring_locked();
}

std::uint64_t Flight::fastest_locked() const noexcept {
  std::uint64_t fastest = 0;
  for (const auto* reader : readers_) fastest = std::max(fastest, reader->position_);
  return fastest;
}

/// Lets go of what every reader has seen; a reader too far behind is given up rather than waited for.
void Flight::drop_seen_locked() {
  std::uint64_t slowest = end_;
  for (const auto* reader : readers_) slowest = std::min(slowest, reader->position_);
  const auto oldest_kept = end_ > kMaxLag ? end_ - kMaxLag : 0;
  slowest = std::max(slowest, oldest_kept);
  auto kept = chunks_.begin();
  for (; kept != chunks_.end() && base_ + (*kept)->size() <= slowest; ++kept, ++dropped_) base_ += (*kept)->size();
  chunks_.erase(chunks_.begin(), kept);
}

net::Task<bool> Flight::make_room() {
  for (;;) {
    {
      const std::lock_guard lock{mutex_};
      if (readers_.empty()) co_return false;
      if (end_ <= fastest_locked() + kWindow) co_return true;
      leader_waits_ = true;
    }
    co_await room_.wait();
  }
}

std::vector<std::string_view> Flight::pieces() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::string_view> views;
  views.reserve(chunks_.size());
  for (const auto& chunk : chunks_) views.emplace_back(*chunk);
  return views;
}

std::uint64_t Flight::size() const noexcept {
  const std::lock_guard lock{mutex_};
  return end_;
}

bool Flight::has_readers() const noexcept {
  const std::lock_guard lock{mutex_};
  return !readers_.empty();
}

void Flight::on_abandoned(std::function<void()> call) {
  const std::lock_guard lock{mutex_};
  abandoned_ = std::move(call);
}

/// A reader moved on or left: the leader may be waiting for just that.
void Flight::left_locked() {
  if (leader_waits_) {
    leader_waits_ = false;
    if (worker_.is_current()) {
      room_.set();
    } else {
      worker_.post([self = this] { self->room_.set(); });
    }
  }
}

FlightReader::FlightReader(std::shared_ptr<Flight> flight, net::Worker& worker)
    : flight_{std::move(flight)}, bell_{std::make_shared<Bell>(worker)} {
  const std::lock_guard lock{flight_->mutex_};
  flight_->readers_.push_back(this);
}

FlightReader::~FlightReader() {
  std::function<void()> abandoned;
  {
    const std::lock_guard lock{flight_->mutex_};
    std::erase(flight_->readers_, this);
    flight_->left_locked();
    if (flight_->readers_.empty() && flight_->body_ == Flight::Body::open)
      abandoned = std::exchange(flight_->abandoned_, {});
  }
  if (abandoned) flight_->worker_.post(std::move(abandoned));
}

net::Task<> FlightReader::wait() { co_await bell_->event.wait(); }

bool FlightReader::poll_outcome(Arrival& into) {
  const std::lock_guard lock{flight_->mutex_};
  if (interims_ < flight_->interims_.size()) {
    into = {Arrival::Kind::interim, nullptr, flight_->interims_[interims_++]};
    return true;
  }
  if (flight_->outcome_.kind != Outcome::Kind::pending) {
    into = {Arrival::Kind::outcome, nullptr, {}};
    return true;
  }
  flight_->waiting_.push_back(bell_);
  return false;
}

net::Task<Arrival> FlightReader::wait_outcome() {
  Arrival arrival;
  while (!poll_outcome(arrival)) {
    co_await wait();
  }
  co_return arrival;
}

const Outcome& FlightReader::outcome() const noexcept { return flight_->outcome_; }

bool FlightReader::poll(Arrival& into) {
  auto& flight = *flight_;
  const std::lock_guard lock{flight.mutex_};
  if (next_ < flight.dropped_) {
    into = {Arrival::Kind::broken, nullptr, {}};  // too slow: what it needs is gone
    return true;
  }
  if (position_ < flight.end_) {
    const auto& chunk = flight.chunks_[next_ - flight.dropped_];
    into = {Arrival::Kind::data, chunk, {}};
    ++next_;
    position_ += chunk->size();
    flight.left_locked();
    return true;
  }
  if (flight.body_ != Flight::Body::open) {
    into = {flight.body_ == Flight::Body::complete ? Arrival::Kind::end : Arrival::Kind::broken, nullptr, {}};
    return true;
  }
  return false;
}

net::Task<> FlightReader::wait_body() {
  {
    const std::lock_guard lock{flight_->mutex_};
    if (position_ < flight_->end_ || flight_->body_ != Flight::Body::open) co_return;
    flight_->waiting_.push_back(bell_);
  }
  co_await wait();
}

}  // namespace cachearr::proxy
