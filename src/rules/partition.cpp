#include "rules/partition.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace cachearr::rules {

namespace {

int compare_fields(std::string_view a, std::string_view b) noexcept {
  const auto shared = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shared; ++i) {
    const char x = text::lower(a[i]), y = text::lower(b[i]);
    if (x != y) return x < y ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

constexpr std::size_t kLongestKnown = 4096;

}  // namespace

const std::string_view* Partition::find(char where, std::string_view name) const noexcept {
  for (const auto& item : items_)
    if (item.where == where && text::iequals(item.name, name)) return &item.value;
  return nullptr;
}

// Lengths stand before the texts: no value can pose as another item.
void Partition::write_canonical() {
  std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
    if (a.where != b.where) return a.where < b.where;
    const int names = a.where == 'h' ? compare_fields(a.name, b.name) : a.name.compare(b.name);
    return names != 0 ? names < 0 : a.order < b.order;
  });
  canonical_.clear();
  for (const auto& item : items_) {
    canonical_.push_back(item.where);
    text::append_number(canonical_, static_cast<std::int64_t>(item.name.size()));
    canonical_.push_back(':');
    for (const char c : item.name) canonical_.push_back(item.where == 'h' ? text::lower(c) : c);
    text::append_number(canonical_, static_cast<std::int64_t>(item.value.size()));
    canonical_.push_back(':');
    canonical_ += item.value;
  }
}

void Partition::append_hash(std::string& out, std::string_view secret) {
  if (canonical_.size() > kLongestKnown) {
    out += to_hex(keyed_hash(secret, canonical_));
    return;
  }
  auto& slot = known_[hash128(canonical_).low % known_.size()];
  if (slot.digits.empty() || slot.canonical != canonical_ || slot.secret != secret) {
    slot = {canonical_, std::string{secret}, to_hex(keyed_hash(secret, canonical_))};
  }
  out += slot.digits;
}

void Partition::append_to(std::string& out, std::string_view secret) {
  if (items_.empty()) {
    out.push_back('-');
    return;
  }
  write_canonical();
  append_hash(out, secret);
}

}  // namespace cachearr::rules
