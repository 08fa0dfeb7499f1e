// Looks through all stored responses for the lists of keys: when somebody asks for them, and never for more than a
// hundredth of the time.
//
// Owned by the application; thread-safe. Whoever asks for lists() may wait for a pass: never on an event loop. The
// store outlives it.
#pragma once

#include <atomic>
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
  static constexpr Duration kSeldom{1'000};
  static constexpr Duration kQuick{50};

  /// `current` gives the configuration in force, whose rules the keys are counted for; a pass that takes no longer than
  /// `quick` is waited for.
  KeyWatch(const store::Store& store, std::function<pipeline::SnapshotPtr()> current, const Clock& clock,
           Duration quick = kQuick)
      : store_{store}, current_{std::move(current)}, clock_{clock}, quick_{quick} {}
  /// As of now, or as of the last pass where that was no longer ago than `kSeldom` or a hundred times what it took.
  std::shared_ptr<const KeyLists> lists();
  /// The same where a pass is quick. Else as of the last one, however long ago: waits only where there has been none,
  /// and the next tick() sees whether another is due.
  std::shared_ptr<const KeyLists> latest_lists();
  /// Looks again where that is due and somebody has asked; for the first time at once.
  void tick();

 private:
  KeyLists look() const;
  std::shared_ptr<const KeyLists> made() const;

  const store::Store& store_;
  const std::function<pipeline::SnapshotPtr()> current_;
  const Clock& clock_;
  const Duration quick_;
  std::atomic<bool> asked_{true};
  std::mutex pass_;  // held during a pass
  mutable std::mutex mutex_;
  std::shared_ptr<const KeyLists> lists_;  // guarded by mutex_, which is taken last
};

}  // namespace cachearr::upkeep
