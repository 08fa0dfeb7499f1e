#include "rules/secret_memo.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "base/redact.hpp"

namespace cachearr::rules {

namespace {

struct Slot {
  std::array<char, 30> name;
  std::uint8_t size;  // 0: nothing remembered
  bool secret;
};
using Memo = std::array<Slot, 128>;

template <class Ask>
bool remembered(Memo& memo, std::string_view name, Ask ask) noexcept {
  if (name.empty() || name.size() > sizeof(Slot::name)) return ask(name);
  const auto mixed = static_cast<unsigned char>(name.front()) * 31U + static_cast<unsigned char>(name.back()) * 7U +
                     static_cast<unsigned char>(name[name.size() / 2]) + name.size();
  auto& slot = memo[mixed % memo.size()];
  if (slot.size == name.size() && std::memcmp(slot.name.data(), name.data(), name.size()) == 0) return slot.secret;
  std::memcpy(slot.name.data(), name.data(), name.size());
  slot.size = static_cast<std::uint8_t>(name.size());
  return slot.secret = ask(name);
}

}  // namespace

bool is_secret_parameter_remembered(std::string_view name) noexcept {
  thread_local Memo memo{};
  return remembered(memo, name, is_secret_parameter);
}

bool is_secret_field_remembered(std::string_view name) noexcept {
  thread_local Memo memo{};
  return remembered(memo, name, is_secret_field);
}

}  // namespace cachearr::rules
