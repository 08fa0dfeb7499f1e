#include "upkeep/jobs/warm_plan.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "http/target.hpp"
#include "http/url.hpp"
#include "rules/below_origin.hpp"

namespace cachearr::upkeep {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostSteps = 200'000;

bool is_meant(const WarmWish& wish, const rules::WarmUp& warm) {
  // What belongs to no element cannot be the one that is meant.
  if (!wish.id.empty() && warm.each.empty()) return false;
  return wish.type == "all" || wish.type == warm.type;
}

void add_row(WarmPlan& plan, const WarmStep& list, WarmList::Row row) {
  const auto same = [&](const WarmList& known) { return known.list == list; };
  auto found = std::find_if(plan.lists.begin(), plan.lists.end(), same);
  if (found == plan.lists.end()) found = plan.lists.insert(found, WarmList{list, {}});
  found->rows.push_back(std::move(row));
}

bool says(const Json& object, std::string_view member, std::string_view text) {
  const auto found = object.find(std::string{member});
  return found != object.end() && found->is_string() && found->get_ref<const std::string&>() == text;
}

/// The texts and numbers that `path` leads to; 0 and "" are no identifiers. "member=text" on the way leads on in an
/// object that says so.
void collect(const Json& value, std::string_view path, std::vector<std::string>& into) {
  if (value.is_array()) {
    for (const auto& member : value) collect(member, path, into);
  } else if (!path.empty()) {
    if (!value.is_object()) return;
    const auto dot = path.find('.');
    const auto name = path.substr(0, dot);
    const auto rest = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    const auto equals = name.find('=');
    if (equals != std::string_view::npos) {
      if (says(value, name.substr(0, equals), name.substr(equals + 1))) collect(value, rest, into);
    } else if (const auto found = value.find(std::string{name}); found != value.end()) {
      collect(*found, rest, into);
    }
  } else if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
    into.push_back(value.get<std::string>());
  } else if (value.is_number_integer() && value != 0) {
    into.push_back(value.dump());
  }
}

/// With ":path" behind it, without their queries.
std::vector<std::string> values_of(const Json& element, std::string_view path) {
  constexpr std::string_view kPathAlone = ":path";
  const bool alone = path.ends_with(kPathAlone);
  if (alone) path.remove_suffix(kPathAlone.size());
  std::vector<std::string> values;
  collect(element, path, values);
  if (alone)
    for (auto& value : values) value.resize(std::min(value.size(), value.find('?')));
  return values;
}

/// A value behind what stands before it; none: it does not fit there. An address stays as it is, and so does a path
/// behind a path, which may have the origin's own one before it.
std::optional<std::string> placed(const std::string& value, const std::string& before, const rules::Upstream& asked) {
  const bool in_path = before.find('?') == std::string::npos;
  if (in_path && value.starts_with('/')) return before + std::string{rules::below_origin(asked, value)};
  if (before.empty()) return value;
  if (in_path && http::split_url(value).is_absolute()) return std::nullopt;
  return before + text::percent_encode(value);
}

/// All that a template comes to for one element; nothing where it names what is not there.
void expand(std::string_view pattern, const Json& element, const rules::Upstream& asked, const std::string& before,
            std::vector<std::string>& into) {
  const auto open = pattern.find('{');
  const auto close = pattern.find('}', open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    into.push_back(before + std::string{pattern});
    return;
  }
  const auto head = before + std::string{pattern.substr(0, open)};
  for (const auto& value : values_of(element, pattern.substr(open + 1, close - open - 1)))
    if (const auto put = placed(value, head, asked)) expand(pattern.substr(close + 1), element, asked, *put, into);
}

/// The same pictures in these sizes; all as they are where none are given.
std::vector<std::string> in_sizes(const std::vector<rules::WarmUp::Size>& sizes, std::vector<std::string> targets) {
  if (sizes.empty()) return targets;
  std::vector<std::string> sized;
  for (const auto& target : targets) {
    for (const auto& size : sizes) {
      const auto at = target.find(size.part);
      if (at == std::string::npos) continue;
      for (const auto& instead : size.instead)
        sized.push_back(std::string{target}.replace(at, size.part.size(), instead));
    }
  }
  return sized;
}

bool fits_request_line(std::string_view target) noexcept {
  return std::none_of(target.begin(), target.end(), [](char c) { return (c >= 0 && c <= ' ') || c == '\x7f'; });
}

/// None: it leads nowhere that a rule names, or has no place in a request line.
std::optional<WarmStep> step_of(const std::string& upstream, std::string target, const rules::RuleSet& rules) {
  if (!fits_request_line(target)) return std::nullopt;
  if (target.starts_with('/')) return WarmStep{upstream, std::move(target)};
  const auto parts = http::split_url(target);
  if (!parts.is_absolute() || (parts.scheme != "https" && parts.scheme != "http")) return std::nullopt;
  const auto authority = http::parse_host_port(*parts.authority);
  const auto* const named = authority ? rules.upstream_for_host(authority->host) : nullptr;
  if (!named) return std::nullopt;
  return WarmStep{named->name, std::move(target)};
}

const Json* elements_of(const Json& answer) {
  if (answer.is_array()) return &answer;
  const auto records = answer.is_object() ? answer.find("records") : answer.end();
  return answer.is_object() && records != answer.end() && records->is_array() ? &*records : nullptr;
}

bool is_the_one(const Json& element, const std::string& id) {
  if (id.empty()) return true;
  const auto ids = values_of(element, "id");
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

bool is_warm_type(std::string_view type) noexcept {
  const auto& types = rules::kWarmUpTypes;
  return type == "all" || std::find(types.begin(), types.end(), type) != types.end();
}

WarmPlan plan_warm_up(const rules::RuleSet& rules, const WarmWish& wish,
                      const std::function<bool(const rules::Upstream&)>& has_access) {
  WarmPlan plan;
  std::set<std::string> closed;
  const auto is_open = [&](const rules::Upstream& upstream) {
    if (has_access(upstream)) return true;
    closed.insert(upstream.name);
    return false;
  };
  for (const auto& owner : rules.upstreams()) {
    if (owner->origin_host.empty()) continue;
    for (const auto& warm : owner->warm) {
      if (!is_meant(wish, warm)) continue;
      const auto* const asked = warm.upstream.empty() ? owner.get() : rules.upstream_named(warm.upstream);
      if (!asked || asked->origin_host.empty() || !is_open(*owner) || !is_open(*asked)) continue;
      if (warm.each.empty()) {
        for (const auto& target : warm.ask) plan.steps.push_back({asked->name, target});
      } else {
        add_row(plan, {owner->name, warm.each}, {asked->name, warm.ask, warm.sizes});
      }
    }
  }
  plan.without_access.assign(closed.begin(), closed.end());
  return plan;
}

std::optional<std::vector<WarmStep>> steps_of_list(const WarmList& list, const Json& answer, const std::string& id,
                                                   const rules::RuleSet& rules) {
  const auto* const elements = elements_of(answer);
  if (!elements) return std::nullopt;
  std::vector<WarmStep> steps;
  std::set<std::pair<std::string, std::string>> known;
  for (const auto& row : list.rows) {
    const auto* const asked = rules.upstream_named(row.upstream);
    for (const auto& element : *elements) {
      if (!asked || !is_the_one(element, id)) continue;
      std::vector<std::string> targets;
      for (const auto& pattern : row.ask) expand(pattern, element, *asked, {}, targets);
      for (auto& target : in_sizes(row.sizes, std::move(targets))) {
        auto step = step_of(row.upstream, std::move(target), rules);
        if (!step || steps.size() >= kMostSteps || !known.emplace(step->upstream, step->target).second) continue;
        steps.push_back(*std::move(step));
      }
    }
  }
  return steps;
}

}  // namespace cachearr::upkeep
