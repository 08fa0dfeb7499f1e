#include "app/backup/kept_state.hpp"

#include <algorithm>
#include <optional>

#include "upkeep/history/history.hpp"
#include "upkeep/history/row_codec.hpp"
#include "upkeep/savings.hpp"
#include "upkeep/savings_ledger.hpp"

namespace cachearr::app::backup {
namespace {

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_segment(std::string_view bytes) {
  std::optional<upkeep::SegmentName> name;
  bool readable = true;
  const auto state = upkeep::read_segment(bytes, name, [&readable](std::uint64_t, std::string_view row) {
    readable = readable && upkeep::decode_row(row).has_value();
  });
  return state == upkeep::SegmentState::sound && name.has_value() && readable;
}

}  // namespace

std::vector<std::string> kept_states() {
  auto names = upkeep::SavingsLedger::state_names();
  const auto more = upkeep::History::state_names();
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

bool is_kept_state(std::string_view name, std::string_view bytes) {
  if (holds(upkeep::SavingsLedger::state_names(), name)) return upkeep::decode_savings_day(bytes).has_value();
  return holds(upkeep::History::state_names(), name) && is_segment(bytes);
}

}  // namespace cachearr::app::backup
