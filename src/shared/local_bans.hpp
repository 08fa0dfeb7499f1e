// What was invalidated here alone: by order of a person, or by what happened at an upstream that is each instance's
// own. Nothing that was shared before brings it back. A plain value: one owner, no clock.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "caching/invalidation.hpp"
#include "store/ban_list.hpp"

namespace cachearr::shared {

class LocalBans {
 public:
  static constexpr std::size_t kMost = 1'000;  // of more, the oldest one names everything

  /// `at_ms`: by the server's clock. In the place of an earlier one that names the same.
  void add(std::int64_t at_ms, const caching::Invalidation& what);
  /// True where one names what was written then, or later.
  bool hit(std::int64_t written_ms, const store::BanTarget& target) const;
  std::size_t size() const noexcept { return bans_.size(); }

  /// For the disk; what is no such text restores nothing.
  std::string encoded() const;
  void restore(std::string_view bytes);

 private:
  struct At {
    std::int64_t at_ms = 0;
    store::Ban ban;
  };
  std::int64_t all_before_ms_ = 0;
  std::deque<At> bans_;
};

}  // namespace cachearr::shared
