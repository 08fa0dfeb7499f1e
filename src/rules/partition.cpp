#include "rules/partition.hpp"

#include <algorithm>
#include <array>

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

/// An HMAC costs more than the rest of a hit, and a household presents few credentials: each thread remembers the last
/// ones. The whole text is compared, so that a remembered hash is never given to another credential.
struct Remembered {
  std::string canonical, secret, digits;
};
constexpr std::size_t kRemembered = 64;
constexpr std::size_t kLongestRemembered = 4096;

void append_hash(std::string& out, std::string_view secret, const std::string& canonical) {
  if (canonical.size() > kLongestRemembered) {
    out += to_hex(keyed_hash(secret, canonical));
    return;
  }
  thread_local std::array<Remembered, kRemembered> remembered;
  auto& slot = remembered[hash128(canonical).low % kRemembered];
  if (slot.digits.empty() || slot.canonical != canonical || slot.secret != secret) {
    slot = {canonical, std::string{secret}, to_hex(keyed_hash(secret, canonical))};
  }
  out += slot.digits;
}

}  // namespace

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

void Partition::append_to(std::string& out, std::string_view secret) {
  if (items_.empty()) {
    out.push_back('-');
    return;
  }
  write_canonical();
  append_hash(out, secret, canonical_);
}

}  // namespace cachearr::rules
