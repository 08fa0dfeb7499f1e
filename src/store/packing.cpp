#include "store/packing.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "content/encoder.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kMinPacked = 512;

bool has_field(std::string_view head, std::string_view name) noexcept {
  for (std::size_t at = 0; at < head.size();) {
    const auto end = std::min(head.find("\r\n", at), head.size());
    const auto line = head.substr(at, end - at);
    if (line.size() > name.size() && line[name.size()] == ':' && text::iequals(line.substr(0, name.size()), name))
      return true;
    at = end + 2;
  }
  return false;
}

}  // namespace

std::string packed_for_disk(const Entry& entry) {
  const bool worth = (entry.meta.flags & EntryFlag::kText) != 0 && entry.body().size() >= kMinPacked;
  if (!worth || entry.compressed() || has_field(entry.head(), "content-encoding")) return {};
  return content::zstd_encode(entry.body());
}

}  // namespace cachearr::store
