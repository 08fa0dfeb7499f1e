#include "rules/secret_memo.hpp"

#include <cstring>

#include "base/hash.hpp"
#include "base/redact.hpp"

namespace cachearr::rules {

template <class Ask>
bool SecretMemo::remembered(Slots& slots, std::string_view name, Ask ask) noexcept {
  if (name.empty() || name.size() > sizeof(Slot::name)) return ask(name);
  const auto mixed = static_cast<unsigned char>(name.front()) * 31U + static_cast<unsigned char>(name.back()) * 7U +
                     static_cast<unsigned char>(name[name.size() / 2]) + name.size();
  auto& slot = slots[mixed % slots.size()];
  if (slot.size == name.size() && std::memcmp(slot.name.data(), name.data(), name.size()) == 0) return slot.secret;
  std::memcpy(slot.name.data(), name.data(), name.size());
  slot.size = static_cast<std::uint8_t>(name.size());
  return slot.secret = ask(name);
}

bool SecretMemo::is_parameter(std::string_view name) noexcept {
  return remembered(parameters_, name, is_secret_parameter);
}
bool SecretMemo::is_field(std::string_view name) noexcept { return remembered(fields_, name, is_secret_field); }

void SecretMemo::append_redacted_value(std::string& out, std::string_view value) {
  if (value.empty() || value.size() > sizeof(Value::text)) return append_redacted_words(out, value);
  auto& known = values_[hash128(value).low % values_.size()];
  if (std::string_view{known.text.data(), known.size} == value) {
    out += value;
    return;
  }
  const auto begin = out.size();
  append_redacted_words(out, value);
  if (std::string_view{out}.substr(begin) != value) return;
  std::memcpy(known.text.data(), value.data(), value.size());
  known.size = static_cast<std::uint8_t>(value.size());
}

}  // namespace cachearr::rules
