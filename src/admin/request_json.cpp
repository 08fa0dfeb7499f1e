#include "admin/request_json.hpp"

#include <cmath>

#include "base/units.hpp"

namespace cachearr::admin {

namespace {
constexpr std::chrono::hours kLongest{24 * 36'525};  // a hundred years
}

Result<nlohmann::json, Answer> read_object(const Call& call) {
  if (call.body.empty()) return nlohmann::json::object();
  auto data = nlohmann::json::parse(call.body, nullptr, false);
  if (data.is_discarded()) return problem(400, "the body is no JSON");
  if (!data.is_object()) return problem(400, "the body is not a JSON object");
  return data;
}

bool is_time_to_live(const std::optional<Duration>& duration) noexcept {
  return duration && duration->count() >= 0 && *duration <= kLongest;
}

std::optional<Duration> duration_of(const nlohmann::json& value) {
  if (value.is_string()) {
    const auto parsed = parse_duration(value.get_ref<const std::string&>());
    return is_time_to_live(parsed) ? parsed : std::nullopt;
  }
  if (!value.is_number()) return std::nullopt;
  const auto seconds = value.get<double>();
  const auto most = static_cast<double>(std::chrono::seconds{kLongest}.count());
  if (!(std::abs(seconds) <= most)) return std::nullopt;
  return Duration{static_cast<Duration::rep>(seconds * 1000)};
}

}  // namespace cachearr::admin
