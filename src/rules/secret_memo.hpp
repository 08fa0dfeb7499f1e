// Remembers which names hold secrets, and which values of fields hide none: requests repeat a handful of them, and
// asking base/redact anew for each costs more than the rest of a key. Never wrong, since whole texts are compared.
// Owned by one worker.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace cachearr::rules {

class SecretMemo {
 public:
  bool is_parameter(std::string_view name) noexcept;
  bool is_field(std::string_view name) noexcept;
  /// As append_redacted_words(). What has to be redacted is not remembered.
  void append_redacted_value(std::string& out, std::string_view value);

 private:
  struct Slot {
    std::array<char, 30> name;
    std::uint8_t size;  // 0: nothing remembered
    bool secret;
  };
  using Slots = std::array<Slot, 128>;
  /// A value without secrets.
  struct Value {
    std::array<char, 127> text;
    std::uint8_t size;
  };
  template <class Ask>
  static bool remembered(Slots& slots, std::string_view name, Ask ask) noexcept;

  Slots parameters_{}, fields_{};
  std::array<Value, 64> values_{};
};

}  // namespace cachearr::rules
