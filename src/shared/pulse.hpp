// How the server does, looked at each second: its clock, how quickly it answers, its memory, and who else is there.
//
// Belongs to the tier's thread; asks on the link of commands.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "shared/link.hpp"
#include "shared/names.hpp"
#include "shared/tier_status.hpp"

namespace cachearr::shared {

/// How far the server's clock is ahead of ours, by the quickest of the last five questions. A plain value.
class ClockOffset {
 public:
  using Micros = std::chrono::microseconds;
  /// `asked` and `answered` by our clock; the server read its own somewhere in between.
  void add(Micros asked, Micros answered, Micros server) noexcept;
  Duration ahead() const noexcept;
  Micros round_trip() const noexcept { return smoothed_; }

 private:
  struct Sample {
    Micros took = Micros::max();
    Micros ahead{};
  };
  std::array<Sample, 5> samples_{};
  std::size_t next_ = 0;
  Micros smoothed_{};
};

struct Memory {
  std::uint64_t used = 0, most = 0;
  std::string policy;
  /// In percent; 0 without a limit.
  int percent() const noexcept { return most == 0 ? 0 : static_cast<int>(used * 100 / most); }
};
/// What "INFO memory" says.
Memory memory_of(std::string_view info);

class Pulse {
 public:
  /// Of more, those that were not seen for the longest time are left out.
  static constexpr std::size_t kMostMembers = 1'024;
  struct Parts {
    const Clock& clock;
    Names names;
    std::string instance;
    std::function<std::string()> card;       // what this instance says of itself
    std::function<void(bool in_time)> beat;  // a question was answered, or is overdue
    std::function<void(std::chrono::steady_clock::time_point asked, const Reply& reply)> answered;
  };
  explicit Pulse(Parts parts) : parts_{std::move(parts)} {}

  /// Each second. REQUIRES: the link is up.
  void tick(Link& link);
  void link_down() noexcept { waits_ = false; }
  /// This instance ends, and is missed by nobody.
  void say_goodbye(Link& link, std::function<void()> done);

  const ClockOffset& offset() const noexcept { return offset_; }
  const Memory& memory() const noexcept { return memory_; }
  const std::vector<Member>& members() const noexcept { return members_; }
  TimePoint server_now() const { return parts_.clock.now() + offset_.ahead(); }

 private:
  void ask_time(Link& link);
  void ask_memory(Link& link);
  void beat(Link& link);
  void put_back(Link& link);
  void tell_card(Link& link);
  void ask_members(Link& link);
  void ask_cards(Link& link);
  void take_cards(const std::vector<std::string>& of, const Reply& cards);
  void take_members(const Reply& scores);

  Parts parts_;
  ClockOffset offset_;
  Memory memory_;
  std::vector<Member> members_;
  std::uint64_t ticks_ = 0;
  std::uint64_t memory_round_ = 0, memory_of_round_ = 0;  // of questions; of what is known
  bool waits_ = false;
};

/// "version\naddress\nfingerprint of the rules", as a member says it of itself.
std::string card_text(const Member& member);
void read_card_text(std::string_view text, Member& into);

}  // namespace cachearr::shared
