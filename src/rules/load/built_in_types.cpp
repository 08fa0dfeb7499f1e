#include "rules/load/built_in_types.hpp"

#include <algorithm>
#include <array>

namespace cachearr::rules {

namespace {

using content::Expect;
using std::chrono::hours;
using std::chrono::minutes;

struct BuiltIn {
  std::string_view name;
  Duration ttl;
  Expect expect;
};
constexpr std::array<BuiltIn, 23> kTypes{{{"series", hours{24}, Expect::json},
                                          {"series_list", minutes{5}, Expect::json},
                                          {"series_stats", minutes{15}, Expect::json},
                                          {"episode", hours{1}, Expect::json},
                                          {"episode_list", minutes{10}, Expect::json},
                                          {"metadata_series", hours{24}, Expect::json},
                                          {"metadata_episode", hours{24}, Expect::json},
                                          {"metadata_images", hours{7 * 24}, Expect::image},
                                          {"indexer", hours{24}, Expect::json},
                                          {"indexer_feed", minutes{15}, Expect::feed},
                                          {"indexer_search", minutes{15}, Expect::feed},
                                          {"indexer_status", minutes{5}, Expect::json},
                                          {"quality_profile", hours{24}, Expect::json},
                                          {"custom_format", hours{24}, Expect::json},
                                          {"config", minutes{5}, Expect::json},
                                          {"tag", hours{24}, Expect::json},
                                          {"root_folder", hours{24}, Expect::json},
                                          {"queue", minutes{5}, Expect::json},
                                          {"calendar", minutes{10}, Expect::json},
                                          {"wanted", minutes{10}, Expect::json},
                                          {"history", hours{1}, Expect::json},
                                          {"blocklist", hours{1}, Expect::json},
                                          {"user", hours{24}, Expect::any}}};

}  // namespace

std::unordered_map<std::string, Duration> default_ttls() {
  std::unordered_map<std::string, Duration> ttls;
  for (const auto& type : kTypes) ttls.emplace(type.name, type.ttl);
  return ttls;
}

Expect default_expectation(std::string_view type, const Upstream& upstream) noexcept {
  // What an indexer says of itself (t=caps) is XML.
  if (type == "indexer" && upstream.errors == ErrorStyle::newznab) return Expect::xml;
  const auto* const at =
      std::find_if(kTypes.begin(), kTypes.end(), [type](const BuiltIn& known) { return known.name == type; });
  if (at != kTypes.end()) return at->expect;
  return type.starts_with("metadata_") ? Expect::json : Expect::any;
}

}  // namespace cachearr::rules
