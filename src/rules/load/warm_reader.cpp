#include "rules/load/warm_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/suggestion.hpp"

namespace cachearr::rules {

namespace {

std::string read_warm_path(const Node& node) {
  auto path = node.text().value_or("");
  if (node.is_text() && !path.starts_with('/') && !path.starts_with('{'))
    node.problem("a path such as \"/api/v3/series\" is expected here");
  return path;
}

void read_sizes(const Node& node, WarmUp& into) {
  if (node.is_null()) return;
  if (!node.is_object())
    return node.problem(R"(an object such as { "poster.jpg": ["poster-250.jpg"] } is expected here)");
  for (const auto& [part, instead] : node.members()) {
    if (part.empty()) instead.key_problem("what is to be replaced is empty");
    auto names = instead.texts();
    if (names.empty()) instead.problem("the names of other sizes are expected here");
    into.sizes.push_back({part, std::move(names)});
  }
}

WarmUp read_warm_up(const Node& node) {
  WarmUp warm;
  if (!node.expect_object(R"(an object such as { "type": "series", "ask": ["/api/v3/series"] })",
                          {"type", "each", "upstream", "ask", "sizes"}))
    return warm;
  const auto type = node.get("type"), ask = node.get("ask");
  if (!type || !ask) return node.problem(R"(what warms up needs "type" and "ask")"), warm;
  if (const auto word = type->word({kWarmUpTypes.begin(), kWarmUpTypes.end()})) warm.type = kWarmUpTypes[*word];
  if (const auto each = node.get("each"); each && !each->is_null()) warm.each = read_warm_path(*each);
  if (const auto upstream = node.get("upstream"); upstream && !upstream->is_null())
    warm.upstream = upstream->text().value_or("");
  for (const auto& path : ask->elements()) warm.ask.push_back(read_warm_path(path));
  if (const auto sizes = node.get("sizes")) read_sizes(*sizes, warm);
  return warm;
}

}  // namespace

void read_warm(const Node& node, Upstream& into) {
  into.warm.clear();
  if (node.is_null()) return;
  for (const auto& element : node.elements()) into.warm.push_back(read_warm_up(element));
}

void check_warm_up(const Node& upstream, const std::vector<std::string_view>& names) {
  const auto warm = upstream.get("warm");
  for (const auto& row : warm ? warm->elements() : std::vector<Node>{}) {
    const auto asked = row.is_object() ? row.get("upstream") : std::nullopt;
    const auto name = asked && asked->is_text() ? *asked->text() : std::string{};
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      asked->problem("no upstream '" + name + "'" + did_you_mean(name, names));
  }
}

}  // namespace cachearr::rules
