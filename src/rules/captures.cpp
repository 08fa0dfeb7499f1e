#include "rules/captures.hpp"

#include "base/redact.hpp"
#include "base/secret_shape.hpp"

namespace cachearr::rules {

std::string& Captures::add(std::string_view name) {
  if (used_ == slots_.size()) slots_.emplace_back();
  auto& slot = slots_[used_++];
  slot.name = name;
  slot.value.clear();
  slot.hidden.clear();
  return slot.value;
}

void Captures::hide_secret() {
  auto& slot = slots_[used_ - 1];
  if (!is_secret_shape(slot.value) && !hides_secret(slot.value)) return;
  slot.hidden.swap(slot.value);
  slot.value = "***";
}

const Captures::Item* Captures::item(std::string_view name) const noexcept {
  for (const auto& slot : *this) {
    if (slot.name == name) return &slot;
  }
  return nullptr;
}

std::string_view Captures::find(std::string_view name) const noexcept {
  const auto* const found = item(name);
  return found ? std::string_view{found->value} : std::string_view{};
}

std::string_view Captures::real(std::string_view name) const noexcept {
  const auto* const found = item(name);
  return found ? found->real() : std::string_view{};
}

bool Captures::has(std::string_view name) const noexcept { return item(name) != nullptr; }

std::string expand(std::string_view text, const Captures& captures) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = text.find('{', at);
    out.append(text, at, open == std::string_view::npos ? open : open - at);
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) return out.append(text, open);
    out += captures.find(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
  return out;
}

}  // namespace cachearr::rules
