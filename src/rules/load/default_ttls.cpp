#include "rules/load/default_ttls.hpp"

namespace cachearr::rules {

std::unordered_map<std::string, Duration> default_ttls() {
  using std::chrono::hours;
  using std::chrono::minutes;
  return {{"series", hours{24}},
          {"series_list", minutes{5}},
          {"series_stats", minutes{15}},
          {"episode", hours{1}},
          {"episode_list", minutes{10}},
          {"metadata_series", hours{24}},
          {"metadata_episode", hours{24}},
          {"metadata_images", hours{7 * 24}},
          {"indexer", hours{24}},
          {"indexer_feed", minutes{15}},
          {"indexer_search", minutes{15}},
          {"indexer_status", minutes{5}},
          {"quality_profile", hours{24}},
          {"custom_format", hours{24}},
          {"config", minutes{5}},
          {"tag", hours{24}},
          {"root_folder", hours{24}},
          {"queue", minutes{5}},
          {"calendar", minutes{10}},
          {"wanted", minutes{10}},
          {"history", hours{1}},
          {"blocklist", hours{1}},
          {"user", hours{24}}};
}

}  // namespace cachearr::rules
