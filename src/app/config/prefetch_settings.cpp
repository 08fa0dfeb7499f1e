#include <utility>

#include "app/config/settings.hpp"
#include "base/json_position.hpp"
#include "base/text.hpp"

namespace cachearr::app {
namespace {

using Trigger = PrefetchConfig::Trigger;

constexpr Duration shortest_interval{1000}, longest_interval{Duration::rep{365} * 86'400'000};
constexpr Duration one_minute{60'000}, one_hour{3'600'000};

/// "04:30" as the time since midnight.
Result<Duration> to_time_of_day(const RawValue& raw) {
  const auto given = to_text(raw);
  if (!given.ok()) return given.error();
  const auto colon = given->find(':');
  const auto hours = text::parse_unsigned(given->substr(0, colon));
  const auto minutes = colon == std::string::npos ? std::nullopt : text::parse_unsigned(given->substr(colon + 1));
  if (!hours || !minutes || *hours > 23 || *minutes > 59 || given->size() > 5)
    return Error{"must be a time of day such as \"04:00\""};
  return one_hour * static_cast<int>(*hours) + one_minute * static_cast<int>(*minutes);
}

ValidationErrors set_patterns(std::vector<std::string>& patterns, const RawValue& raw) {
  const auto members = to_list(raw);
  if (!members.ok()) return {{"", members.error().what}};
  if (members->empty()) return {{"", "needs at least one pattern; \"*\" is every key"}};
  ValidationErrors errors;
  patterns.assign(members->size(), {});
  for (std::size_t i = 0; i < members->size(); ++i)
    for (auto& error : put(patterns[i], to_text((*members)[i])))
      errors.push_back({json_pointer("", i), std::move(error.message)});
  return errors;
}

ValidationErrors set_prefetch_member(PrefetchConfig& entry, const std::string& name, const RawValue& raw) {
  if (name == "trigger") return put(entry.trigger, to_choice(raw, {"startup", "access", "schedule"}));
  if (name == "patterns") return set_patterns(entry.patterns, raw);
  if (is_null(raw) && (name == "interval" || name == "at")) return {};
  if (name == "interval") return put(entry.interval, to_duration(raw, shortest_interval, longest_interval));
  if (name == "at") return put(entry.at, to_time_of_day(raw));
  return {{"", "unknown setting \"" + name + "\"" + hint(name, {"trigger", "patterns", "interval", "at"}), true}};
}

void check_prefetch(const PrefetchConfig& entry, const nlohmann::json& given, const std::string& pointer,
                    ValidationErrors& errors) {
  for (const std::string name : {"trigger", "patterns"})
    if (!given.contains(name)) errors.push_back({pointer, "needs \"" + name + "\""});
  if (entry.at && entry.trigger != Trigger::schedule)
    errors.push_back({json_pointer(pointer, "at"), "is for the trigger \"schedule\" alone"});
  if (entry.at && entry.interval)
    errors.push_back({json_pointer(pointer, "at"), "is given besides \"interval\"; remove one of the two"});
  if (entry.interval && entry.trigger == Trigger::startup)
    errors.push_back({json_pointer(pointer, "interval"), "means nothing for the trigger \"startup\""});
}

void set_prefetch_entry(PrefetchConfig& entry, const RawValue& raw, const std::string& pointer,
                        ValidationErrors& errors) {
  if (!raw.value.is_object()) {
    errors.push_back(
        {pointer, "must be an object such as { \"trigger\": \"schedule\", \"patterns\": [\"series:*\"] }, not " +
                      kind_of(raw.value)});
    return;
  }
  const auto before = errors.size();
  for (const auto& [name, value] : raw.value.items()) {
    for (auto& error : set_prefetch_member(entry, name, {value, raw.is_text, raw.folder})) {
      error.pointer = json_pointer(pointer, name) + error.pointer;
      errors.push_back(std::move(error));
    }
  }
  if (errors.size() == before) check_prefetch(entry, raw.value, pointer, errors);
}

}  // namespace

ValidationErrors set_prefetch(std::vector<PrefetchConfig>& entries, const RawValue& raw) {
  const auto given = to_list(raw);
  if (!given.ok()) return {{"", given.error().what}};
  ValidationErrors errors;
  std::vector<PrefetchConfig> taken(given->size());
  for (std::size_t i = 0; i < given->size(); ++i)
    set_prefetch_entry(taken[i], (*given)[i], json_pointer("", i), errors);
  if (errors.empty()) entries = std::move(taken);
  return errors;
}

}  // namespace cachearr::app
