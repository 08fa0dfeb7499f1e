// Remembers which names hold secrets: requests repeat a handful of names, and asking base/redact anew for each costs
// more than the rest of a key. Never wrong, since whole names are compared. Owned by one worker.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cachearr::rules {

class SecretMemo {
 public:
  bool is_parameter(std::string_view name) noexcept;
  bool is_field(std::string_view name) noexcept;

 private:
  struct Slot {
    std::array<char, 30> name;
    std::uint8_t size;  // 0: nothing remembered
    bool secret;
  };
  using Slots = std::array<Slot, 128>;
  template <class Ask>
  static bool remembered(Slots& slots, std::string_view name, Ask ask) noexcept;

  Slots parameters_{}, fields_{};
};

}  // namespace cachearr::rules
