// What is to be said about an installation: one finding for each thing that was looked at, the worst first. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/doctor/facts.hpp"

namespace cachearr::app::doctor {

enum class Level : std::uint8_t { ok, notice, warning, error };
std::string_view name_of(Level level) noexcept;

struct Finding {
  std::string id;  // "clock": stays the same, whatever is said
  Level level = Level::ok;
  std::string what;
  std::string why;     // it matters; empty where all is well
  std::string advice;  // what to do; empty where there is nothing
};

using Findings = std::vector<Finding>;

Findings findings_of(const Facts& facts);
Level worst_of(const Findings& findings) noexcept;

}  // namespace cachearr::app::doctor
