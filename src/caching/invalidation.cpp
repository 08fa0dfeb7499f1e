#include "caching/invalidation.hpp"

#include <array>
#include <utility>

namespace cachearr::caching {

using Kind = Invalidation::Kind;

Invalidation parse_invalidation(std::string_view text) {
  constexpr std::string_view kTag = "tag:";
  if (text.starts_with(kTag)) return {Kind::tag, std::string{text.substr(kTag.size())}, false};
  return {text.find('*') == std::string_view::npos ? Kind::key_family : Kind::pattern, std::string{text}, false};
}

std::optional<Invalidation> make_invalidation(std::string_view kind, std::string_view text, bool soft) {
  constexpr std::array<std::pair<std::string_view, Kind>, 5> kinds{{{"key", Kind::key},
                                                                    {"pattern", Kind::pattern},
                                                                    {"tag", Kind::tag},
                                                                    {"upstream", Kind::upstream},
                                                                    {"all", Kind::all}}};
  for (const auto& [name, value] : kinds) {
    if (name != kind) continue;
    if (text.empty() != (value == Kind::all)) return std::nullopt;
    return Invalidation{value, std::string{text}, soft};
  }
  return std::nullopt;
}

}  // namespace cachearr::caching
