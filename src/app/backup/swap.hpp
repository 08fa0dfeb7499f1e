// Puts new files and folders in the place of old ones, all of them or none: what was there stays beside, and a program
// that is killed in between goes on at its next start.
//
// Owned by an import; one thread. The journal lies in the state directory, which nobody else may write to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/result.hpp"

namespace cachearr::app::backup {

struct Swap {
  std::string staged;  // on the same file system
  std::string target;
  std::string old;  // where what is at the target goes; nothing may be there yet
};

std::string journal_in(const std::string& state_dir);

class Swaps {
 public:
  explicit Swaps(const std::string& state_dir) : journal_{journal_in(state_dir)} {}
  /// In this order. The error: one of them could not be made, and all is as before.
  std::optional<Error> make(std::vector<Swap> swaps);
  /// As it was before make().
  void undo() noexcept;
  /// For good.
  void keep();

 private:
  const std::string journal_;
  std::vector<Swap> done_;
};

/// A file (mode 0600) that was not there; follows no link. False: it is there, or cannot be written.
bool write_new(const std::string& file, std::string_view text);
/// Also a link that leads nowhere.
bool is_there(const std::string& path);
/// ".before-20261130T014500Z": what is kept of earlier things ends so.
std::string suffix_of(TimePoint now);

/// Goes on with what was interrupted, if anything was. The error says what the user has to look at.
std::optional<Error> finish_swaps(const std::string& state_dir);

}  // namespace cachearr::app::backup
