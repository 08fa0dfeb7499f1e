#include "net/deadlines.hpp"

namespace cachearr::net {

Deadline::Deadline(Deadlines& owner) noexcept : owner_{owner}, next_{owner.first_} {
  if (next_) next_->previous_ = this;
  owner.first_ = this;
}

Deadline::~Deadline() {
  if (owner_.cursor_ == this) owner_.cursor_ = next_;
  if (previous_) {
    previous_->next_ = next_;
  } else {
    owner_.first_ = next_;
  }
  if (next_) next_->previous_ = previous_;
}

// The sweep's time may be one interval old; a limit is never shorter than asked for.
void Deadline::arm(Duration limit) noexcept { at_ = owner_.now_ + limit + Deadlines::kSweep; }

void Deadlines::put_off(std::chrono::steady_clock::duration lost) noexcept {
  for (auto* deadline = first_; deadline; deadline = deadline->next_)
    if (deadline->armed()) deadline->at_ += lost;
}

void Deadlines::sweep(std::chrono::steady_clock::time_point now) noexcept {
  const auto late = now - now_ - kSweep;
  now_ = now;
  if (late > kStandStill) put_off(late);
  for (cursor_ = first_; cursor_;) {
    auto* const deadline = cursor_;
    cursor_ = deadline->next_;
    if (deadline->at_ > now_) continue;
    deadline->at_ = Deadline::kNever;
    deadline->expire();
  }
}

}  // namespace cachearr::net
