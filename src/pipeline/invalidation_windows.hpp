// What goes on changing for a while after a write: invalidated again every few seconds until its window ends, so that
// nothing is served that is older than that. Thread-safe; a lock is held for a moment, and only by writes and the
// clock.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

#include "caching/invalidation.hpp"

namespace cachearr::pipeline {

class InvalidationWindows {
 public:
  static constexpr Duration kOldest{5'000};    // an answer within a window
  static constexpr std::size_t kMost = 1'024;  // windows; of more, the one that ends first goes

  struct Due {
    caching::Invalidation what;
    bool shared = false;  // others are to hear of it, too
    friend bool operator==(const Due&, const Due&) = default;
  };

  /// It has just been invalidated, and goes on changing until then.
  void open(const Due& named, TimePoint now, TimePoint until);
  /// What is to be invalidated now.
  std::vector<Due> due(TimePoint now);
  std::size_t size() const;

 private:
  struct Window {
    Due named;
    TimePoint next{}, until{};
  };
  using Name = std::pair<caching::Invalidation::Kind, std::string>;
  void make_room();

  mutable std::mutex mutex_;  // guards the one below
  std::map<Name, Window> windows_;
};

}  // namespace cachearr::pipeline
