// Which connections wait for a request, and since when: a newcomer beyond their limit takes the place of the one that
// has waited longest.
//
// One for the connections that share a limit, touched only on their worker's thread. It outlives its members. Waiting
// begins and ends with each request, so both are a few stores: who is at work keeps its place in the list until it
// waits again, and is passed over.
#pragma once

#include <utility>

namespace cachearr::net {

class IdleOrder {
  struct Link {
    Link() noexcept = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link() { unlink(); }
    void unlink() noexcept {
      previous_->next_ = next_;
      next_->previous_ = previous_;
    }
    void clear() noexcept {
      unlink();
      previous_ = next_ = this;
    }
    Link* previous_ = this;
    Link* next_ = this;
  };

 public:
  /// A connection that may wait. It leaves when it is destroyed.
  class Member : private Link {
   public:
    bool is_idle() const noexcept { return waits_; }

   protected:
    ~Member() = default;
    /// A request has begun. Nothing happens where it did not wait.
    void leave_idle() noexcept { waits_ = false; }

   private:
    friend class IdleOrder;
    /// Ends the connection: its place is somebody else's. False where it stays, because a request has come that was not
    /// read yet.
    virtual bool give_way() noexcept = 0;
    bool waits_ = false;
  };

  /// From now on it waits for a request.
  void enter(Member& member) noexcept {
    member.waits_ = true;
    Link& link = member;
    if (end_.previous_ == &link) return;
    link.unlink();
    link.previous_ = end_.previous_;
    link.next_ = &end_;
    end_.previous_->next_ = &link;
    end_.previous_ = &link;
  }
  /// Ends the connection that has waited longest; false where none waits.
  bool end_longest() noexcept {
    while (end_.next_ != &end_) {
      auto& first = static_cast<Member&>(*end_.next_);
      first.clear();
      if (std::exchange(first.waits_, false) && first.give_way()) return true;
    }
    return false;
  }

 private:
  Link end_;  // next_: who has waited longest
};

}  // namespace cachearr::net
