// What an application says has changed, as rules look at it: a message of its feed of events. A plain value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cachearr::rules {

struct Message {
  std::string event;                                          // "series"
  std::string action;                                         // "updated"; empty: none was told
  std::vector<std::pair<std::string, std::string>> resource;  // its texts, numbers and flags, by name

  const std::string* find(std::string_view name) const noexcept {
    for (const auto& [known, value] : resource)
      if (known == name) return &value;
    return nullptr;
  }
};

}  // namespace cachearr::rules
