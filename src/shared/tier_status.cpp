#include "shared/tier_status.hpp"

namespace cachearr::shared {

std::string_view to_words(Command command) noexcept {
  switch (command) {
    case Command::get: return "get";
    case Command::claim: return "claim";
    case Command::set: return "set";
    case Command::draw: return "draw";
    case Command::time:
    case Command::count: break;
  }
  return "time";
}

}  // namespace cachearr::shared
