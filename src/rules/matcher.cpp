#include "rules/matcher.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "rules/spelling.hpp"

namespace cachearr::rules {

namespace {

/// By size first, which tells most segments apart for the price of one comparison. `child` is in lower case.
bool comes_before(const std::pair<std::string, std::uint32_t>& child, std::string_view segment) noexcept {
  const std::string_view known = child.first;
  if (known.size() != segment.size()) return known.size() < segment.size();
  for (std::size_t i = 0; i < known.size(); ++i) {
    const char c = text::lower(segment[i]);
    if (known[i] != c) return known[i] < c;
  }
  return false;
}

}  // namespace

Matcher::Matcher() : nodes_(1) {}

Matcher::Matcher(const std::vector<const Rule*>& rules) : rules_{rules}, nodes_(1) {
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    for (const auto& path : rules_[i]->compiled->paths) {
      std::uint32_t node = 0;
      for (const auto& segment : path.segments) {
        if (!segment.is_literal()) break;
        node = child(node, text::to_lower(segment.literal()));
      }
      auto& listed = nodes_[node].rules;
      if (listed.empty() || listed.back() != i) listed.push_back(i);
    }
  }
}

std::uint32_t Matcher::child(std::uint32_t node, const std::string& segment) {
  auto& children = nodes_[node].children;
  const auto at = std::lower_bound(children.begin(), children.end(), segment, comes_before);
  if (at != children.end() && at->first == segment) return at->second;
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  children.insert(at, {segment, made});
  nodes_.emplace_back();
  return made;
}

const Matcher::Node* Matcher::find(const Node& node, std::string_view segment) const noexcept {
  const auto at = std::lower_bound(node.children.begin(), node.children.end(), segment, comes_before);
  return at != node.children.end() && text::iequals(at->first, segment) ? &nodes_[at->second] : nullptr;
}

std::string_view Matcher::normal(std::string_view path, Scratch& scratch) {
  auto& copy = scratch.normal_path;
  copy.clear();
  append_sent(copy, path);
  return copy;
}

Matcher::Walk::Walk(const Matcher& matcher, const PathSegments& path) noexcept : matcher_{matcher} {
  const auto* node = &matcher.nodes_.front();
  for (std::size_t depth = 0; node; ++depth) {
    if (!node->rules.empty()) places_[count_++] = {node->rules.data(), node->rules.data() + node->rules.size()};
    node = depth < path.count ? matcher.find(*node, path.items[depth]) : nullptr;
  }
}

const Rule* Matcher::Walk::next() noexcept {
  const std::uint32_t* first = nullptr;
  for (std::size_t i = 0; i < count_; ++i) {
    if (places_[i].at != places_[i].end && (!first || *places_[i].at < *first)) first = places_[i].at;
  }
  if (!first) return nullptr;
  const auto rule = *first;
  // A rule with several paths may be in several of the lists.
  for (std::size_t i = 0; i < count_; ++i) {
    if (places_[i].at != places_[i].end && *places_[i].at == rule) ++places_[i].at;
  }
  return matcher_.rules_[rule];
}

}  // namespace cachearr::rules
