// What an import puts where: planned and checked first, then done in one go.
//
// Owned by an import; one thread. The folders that things are taken from outlive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "app/backup/staging.hpp"
#include "app/backup/swap.hpp"
#include "base/result.hpp"

namespace cachearr::app::backup {

class Plan {
 public:
  explicit Plan(TimePoint now) : now_{now} {}
  /// `what`: as people call it. Nothing to be put, and nothing there: nothing happens.
  void add(const std::string& what, const Staging& from, const std::string& relative, const std::string& target);
  /// Why it cannot be done.
  std::optional<Error> check() const;
  /// Makes the folders that are missing, then `swaps`, whose journal lies in `state_dir`. The error: all is as before,
  /// but for these folders.
  std::optional<Error> carry_out(Swaps& swaps, const std::string& state_dir) const;

  /// "configuration: PATH", a line each.
  std::vector<std::string> lines() const;
  /// Where what is there now goes.
  std::vector<std::string> kept() const;

 private:
  struct Step {
    std::string what;
    const Staging* from = nullptr;
    Swap swap;
  };
  const TimePoint now_;
  std::vector<Step> steps_;
};

}  // namespace cachearr::app::backup
