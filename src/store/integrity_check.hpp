// Looks through a store's file in a child process, where a damaged file may kill. Owned by the disk tier, used by its
// writer.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>

namespace cachearr::store {

class IntegrityCheck {
 public:
  enum class Depth : std::uint8_t { structure, every_byte };
  enum class State : std::uint8_t { running, sound, damaged };
  /// Starts the child; `in_child` runs there first (to release locks). Sound at once where there is no file to check.
  IntegrityCheck(const std::string& folder, Depth depth, const std::function<void()>& in_child);
  ~IntegrityCheck();
  IntegrityCheck(const IntegrityCheck&) = delete;
  IntegrityCheck& operator=(const IntegrityCheck&) = delete;

  Depth depth() const noexcept { return depth_; }
  State poll();
  /// Waits for the end of the check, but not longer than this.
  State wait(std::chrono::milliseconds at_most);

 private:
  const Depth depth_;
  pid_t child_ = -1;
  int end_ = -1;  // readable once the child has ended
  State state_ = State::sound;
};

/// Walks the whole file; empty if its structure is sound, and with `every_byte` all that it holds. Dies of worse
/// damage, so only for a child process.
std::string find_damage(const std::string& folder, IntegrityCheck::Depth depth);

/// Renames the store's file to "data.mdb.bad-<time>", removing the one that was set aside before. False where that
/// fails.
bool set_aside(const std::string& folder, std::int64_t now_s);

}  // namespace cachearr::store
