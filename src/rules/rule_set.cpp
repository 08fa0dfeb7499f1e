#include "rules/rule_set.hpp"

#include "rules/below_origin.hpp"
#include "rules/compiled.hpp"
#include "rules/rule_set_impl.hpp"

namespace cachearr::rules {

std::string& Captures::add(std::string_view name) {
  if (used_ == slots_.size()) slots_.emplace_back();
  auto& slot = slots_[used_++];
  slot.first = name;
  slot.second.clear();
  return slot.second;
}

std::string_view Captures::find(std::string_view name) const noexcept {
  for (const auto& [known, value] : *this) {
    if (known == name) return value;
  }
  return {};
}

bool Captures::has(std::string_view name) const noexcept {
  for (const auto& slot : *this) {
    if (slot.first == name) return true;
  }
  return false;
}

RuleSet::RuleSet() : impl_{std::make_unique<Impl>()} {}
RuleSet::~RuleSet() = default;

const std::vector<std::unique_ptr<Upstream>>& RuleSet::upstreams() const noexcept { return impl_->upstreams; }
const std::vector<std::unique_ptr<Rule>>& RuleSet::rules() const noexcept { return impl_->rules; }
const std::map<std::string, Hash128>& RuleSet::files() const noexcept { return impl_->files; }
const std::unordered_map<std::string, Duration>& RuleSet::ttls() const noexcept { return impl_->ttls; }

const Upstream* RuleSet::upstream_for_host(std::string_view host) const noexcept {
  if (const auto at = impl_->by_host.find(host); at != impl_->by_host.end()) return at->second;
  if (impl_->by_suffix.empty()) return nullptr;
  for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
    if (const auto at = impl_->by_suffix.find(host.substr(dot)); at != impl_->by_suffix.end()) return at->second;
  }
  return nullptr;
}

const Upstream* RuleSet::upstream_for_mount(std::string_view path) const noexcept {
  for (const auto& [mount, upstream] : impl_->by_mount) {
    if (path.starts_with(mount) && (path.size() == mount.size() || path[mount.size()] == '/')) return upstream;
  }
  return nullptr;
}

const Upstream* RuleSet::upstream_named(std::string_view name) const noexcept {
  const auto at = impl_->by_name.find(name);
  return at == impl_->by_name.end() ? nullptr : at->second;
}

const Rule* RuleSet::match(const Upstream& upstream, const http::RequestHead& request, std::string_view path,
                           std::string_view query, Scratch& scratch, Captures& captures) const {
  captures.clear();
  const auto asked = below_origin(upstream, path);
  const Rule* found = nullptr;
  impl_->all[upstream.index].for_each_match(request, asked, query, scratch,
                                            [&](const Rule& rule, const Bindings& bindings) {
                                              found = &rule;
                                              capture(bindings, captures);
                                              return true;
                                            });
  return found;
}

std::vector<const Rule*> RuleSet::invalidations(const Upstream& upstream, const http::RequestHead& request,
                                                std::string_view path, std::string_view query, Scratch& scratch,
                                                Captures& captures) const {
  captures.clear();
  std::vector<const Rule*> found;
  if (http::is_safe(request.method)) return found;
  const auto asked = below_origin(upstream, path);
  impl_->writes[upstream.index].for_each_match(request, asked, query, scratch,
                                               [&](const Rule& rule, const Bindings& bindings) {
                                                 if (rule.compiled->fallback && !found.empty()) return false;
                                                 found.push_back(&rule);
                                                 capture(bindings, captures);
                                                 // An empty list says in words that nothing changes.
                                                 return rule.invalidate.empty();
                                               });
  return found;
}

std::string expand(std::string_view text, const Captures& captures) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = text.find('{', at);
    out.append(text, at, open == std::string_view::npos ? open : open - at);
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) return out.append(text, open);
    out += captures.find(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
  return out;
}

std::vector<std::string> tags_of(const Rule& rule, const Captures& captures) {
  std::vector<std::string> tags;
  tags.reserve(rule.tags.size());
  for (const auto& tag : rule.tags) tags.push_back(expand(tag, captures));
  return tags;
}

}  // namespace cachearr::rules
