// Looks through all stored responses for the lists of keys: when somebody asks for them, and never for more than a
// hundredth of the time.
//
// Owned by the application; thread-safe. Whoever asks may wait for a pass: never on an event loop. The store outlives
// it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include <cachearr/clock.hpp>

#include "pipeline/config_snapshot.hpp"
#include "store/store.hpp"
#include "upkeep/key_lists.hpp"

namespace cachearr::upkeep {

class KeyWatch {
 public:
  static constexpr Duration kSeldom{30'000};

  /// `current` gives the configuration in force, whose rules the keys are counted for.
  KeyWatch(const store::Store& store, std::function<pipeline::SnapshotPtr()> current, const Clock& clock)
      : store_{store}, current_{std::move(current)}, clock_{clock} {}
  /// As of now, or as of the last pass where that was no longer ago than `kSeldom` or a hundred times what it took.
  std::shared_ptr<const KeyLists> lists();

 private:
  KeyLists look() const;

  const store::Store& store_;
  const std::function<pipeline::SnapshotPtr()> current_;
  const Clock& clock_;
  std::mutex mutex_;  // held during a pass; guards the rest
  std::shared_ptr<const KeyLists> lists_;
};

}  // namespace cachearr::upkeep
