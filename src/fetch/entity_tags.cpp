#include "fetch/entity_tags.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "rules/query.hpp"

namespace cachearr::fetch {

namespace {

using content::Catalogue;
using content::EntityTags;

void add_captures(const rules::Captures& captures, EntityTags& into) {
  for (const auto& item : captures)
    if (const auto catalogue = content::catalogue_of(item.name)) into.add(entity_tag(*catalogue, item.real()));
}

void add_query(std::string_view query, EntityTags& into) {
  rules::for_each_parameter(query, [&into](const rules::Parameter& parameter) {
    if (const auto catalogue = content::catalogue_of(parameter.name))
      into.add(entity_tag(*catalogue, text::percent_decode(parameter.value)));
    return false;
  });
}

void add_path(std::string_view path, EntityTags& into) {
  for (auto at = path.find("/tt"); at != std::string_view::npos; at = path.find("/tt", at + 1)) {
    const auto rest = path.substr(at + 1);
    into.add(entity_tag(Catalogue::imdb, rest.substr(0, rest.find('/'))));
  }
}

}  // namespace

EntityTags entities_of(const pipeline::RequestContext& context) {
  EntityTags found;
  add_captures(context.captures, found);
  add_query(context.route.target.query, found);
  add_path(context.route.target.path, found);
  return found;
}

std::vector<std::string> tags_of_answer(const pipeline::RequestContext& context, const EntityTags& in_body) {
  const auto& [upstream, rule] = context.verdict;
  auto tags = rule ? rules::tags_of(*rule, context.captures) : std::vector<std::string>{};
  if (!upstream) return tags;
  auto about = entities_of(context);
  about.add(in_body);
  for (const auto& tag : about.all())
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  return tags;
}

}  // namespace cachearr::fetch
