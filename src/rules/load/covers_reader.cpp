#include "rules/load/covers_reader.hpp"

#include <algorithm>

#include "rules/compiled.hpp"

namespace cachearr::rules {

namespace {

std::string read_parameter(const Node& covers, std::string_view name, const Rule::Compiled& compiled) {
  const auto node = covers.get(name);
  if (!node) {
    covers.problem("\"" + std::string{name} + "\" is missing: the name of the parameter");
    return {};
  }
  auto parameter = node->text().value_or("");
  const auto& held = compiled.held_query;
  if (node->is_text() && parameter.empty()) node->problem("this may not be empty");
  if (std::find(held.begin(), held.end(), parameter) != held.end())
    node->problem("\"match\" or \"key\" takes '" + parameter + "' already; pages of one feed differ in it");
  return parameter;
}

}  // namespace

void read_covers(const Node& rule, const Rule::Compiled& compiled, Rule& into) {
  const auto node = rule.get("covers");
  if (!node || node->is_null()) return;
  if (!node->expect_object(R"(an object such as { "offset": "offset", "limit": "limit" })", {"offset", "limit"}))
    return;
  if (into.expect != content::Expect::feed || into.policy.mode == caching::Mode::never)
    node->key_problem("only a rule that stores feeds has pages; say \"expect\": \"feed\"");
  into.covers = Covers{read_parameter(*node, "offset", compiled), read_parameter(*node, "limit", compiled)};
  if (into.covers->offset == into.covers->limit) node->problem("\"offset\" and \"limit\" are two parameters");
}

}  // namespace cachearr::rules
