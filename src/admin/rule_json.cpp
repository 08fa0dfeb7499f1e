#include "admin/rule_json.hpp"

#include <nlohmann/json.hpp>

namespace cachearr::admin {

using Json = nlohmann::ordered_json;

std::string_view policy_name(caching::Mode mode) noexcept {
  switch (mode) {
    case caching::Mode::respect: return "respect";
    case caching::Mode::override_: return "override";
    case caching::Mode::floor: return "floor";
    case caching::Mode::ceiling: return "ceiling";
    case caching::Mode::never: break;
  }
  return "never";
}

Json seconds_or_null(const std::optional<Duration>& duration) {
  if (!duration) return nullptr;
  if (duration->count() % 1000 != 0) return static_cast<double>(duration->count()) / 1000;
  return duration->count() / 1000;
}

Json stale_windows(const caching::Policy& policy) {
  return {{"whileRevalidate", seconds_or_null(policy.stale_while_revalidate)},
          {"ifError", seconds_or_null(policy.stale_if_error)},
          {"ifLimited", seconds_or_null(policy.stale_if_limited)}};
}

Json problems_json(const Problems& problems) {
  Json list = Json::array();
  for (const auto& problem : problems)
    list.push_back({{"file", problem.at.file},
                    {"line", problem.at.line},
                    {"column", problem.at.column},
                    {"message", problem.message}});
  return list;
}

}  // namespace cachearr::admin
