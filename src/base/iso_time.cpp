#include "base/iso_time.hpp"

#include <ctime>

namespace cachearr {

std::string iso_time(TimePoint at) {
  const auto seconds = static_cast<std::time_t>(at.time_since_epoch().count() / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::string text(20, '\0');
  text.resize(std::strftime(text.data(), text.size() + 1, "%Y-%m-%dT%H:%M:%SZ", &parts));
  return text;
}

}  // namespace cachearr
