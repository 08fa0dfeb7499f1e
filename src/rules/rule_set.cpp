#include "rules/rule_set.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "rules/below_origin.hpp"
#include "rules/compiled.hpp"
#include "rules/rule_set_impl.hpp"

namespace cachearr::rules {

namespace {

bool takes_body(const Rule::Compiled& rule, std::optional<std::string_view> body) {
  if (rule.body.empty() || !body) return true;
  const auto text = text::to_lower(*body);
  return std::any_of(rule.body.begin(), rule.body.end(),
                     [&text](const std::string& pattern) { return text::glob_match(pattern, text); });
}

bool lists(const std::vector<std::string>& names, std::string_view name) noexcept {
  return std::any_of(names.begin(), names.end(), [name](const std::string& known) {
    return known.size() == name.size() && text::iequals(known, name);
  });
}

/// Whether the request holds a credential that the upstream names, or any Authorization.
bool presents_credential(const Upstream& upstream, const http::RequestHead& request, std::string_view query) {
  if (!request.fields.value(http::FieldId::authorization).empty()) return true;
  if (!upstream.credential_headers.empty()) {
    for (const auto& field : request.fields) {
      if (!field.value.empty() && lists(upstream.credential_headers, field.name)) return true;
    }
  }
  bool found = false;
  for_each_parameter(query, [&](const Parameter& parameter) {
    found = !parameter.value.empty() && lists(upstream.credential_query, parameter.name);
    return found;
  });
  return found;
}

}  // namespace

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
  const Upstream* found = nullptr;
  std::size_t end = 0;
  for (std::size_t depth = 0; depth < impl_->deepest_mount && end != std::string_view::npos; ++depth) {
    end = path.find('/', end + 1);
    const auto at = impl_->by_mount.find(path.substr(0, end));
    if (at != impl_->by_mount.end()) found = at->second;
  }
  return found;
}

const Upstream* RuleSet::upstream_named(std::string_view name) const noexcept {
  const auto at = impl_->by_name.find(name);
  return at == impl_->by_name.end() ? nullptr : at->second;
}

const Rule* RuleSet::match(const Upstream& upstream, const http::RequestHead& request, std::string_view path,
                           std::string_view query, Scratch& scratch, Captures& captures) const {
  captures.clear();
  const auto asked = below_origin(upstream, path);
  const bool may_store = !upstream.credentials_required || presents_credential(upstream, request, query);
  const Rule* found = nullptr;
  impl_->all[upstream.index].for_each_match(request, asked, query, may_store, scratch,
                                            [&](const Rule& rule, const Bindings& bindings) {
                                              if (!rule.compiled->body.empty())
                                                return false;  // it only adds to what a write invalidates
                                              found = &rule;
                                              capture(bindings, captures);
                                              return true;
                                            });
  return found;
}

std::vector<const Rule*> RuleSet::invalidations(const Upstream& upstream, const http::RequestHead& request,
                                                std::string_view path, std::string_view query,
                                                std::optional<std::string_view> body, Scratch& scratch,
                                                Captures& captures) const {
  captures.clear();
  std::vector<const Rule*> found;
  if (http::is_safe(request.method)) return found;
  const auto asked = below_origin(upstream, path);
  impl_->writes[upstream.index].for_each_match(request, asked, query, true, scratch,
                                               [&](const Rule& rule, const Bindings& bindings) {
                                                 if (rule.compiled->fallback && !found.empty()) return false;
                                                 if (!takes_body(*rule.compiled, body)) return false;
                                                 found.push_back(&rule);
                                                 capture(bindings, captures);
                                                 // An empty list says in words that nothing changes.
                                                 return rule.invalidate.empty();
                                               });
  return found;
}

std::vector<const Rule*> RuleSet::invalidations(const Upstream& upstream, const Message& message,
                                                Captures& captures) const {
  captures.clear();
  std::vector<const Rule*> found;
  Bindings bindings;
  for (const auto* const rule : impl_->events[upstream.index]) {
    if (!matches(*rule->compiled, message, bindings) || (rule->compiled->fallback && !found.empty())) continue;
    found.push_back(rule);
    capture(bindings, captures);
    if (rule->invalidate.empty()) break;
  }
  return found;
}

bool RuleSet::knows_event(const Upstream& upstream, std::string_view event) const noexcept {
  const auto& rules = impl_->events[upstream.index];
  return std::any_of(rules.begin(), rules.end(), [event](const Rule* rule) {
    const auto& known = rule->compiled->events;
    return std::find(known.begin(), known.end(), event) != known.end();
  });
}

std::vector<const Rule*> RuleSet::webhook_invalidations(const Upstream& upstream, std::string_view event) const {
  const auto told = text::to_lower(event);
  std::vector<const Rule*> found;
  for (const auto& rule : impl_->rules) {
    const auto& known = rule->compiled->webhooks;
    const bool takes = rule->upstream == &upstream && std::any_of(known.begin(), known.end(), [&](const auto& pattern) {
                         return text::glob_match(pattern, told);
                       });
    if (takes) found.push_back(rule.get());
  }
  return found;
}

std::vector<std::string> tags_of(const Rule& rule, const Captures& captures) {
  std::vector<std::string> tags;
  tags.reserve(rule.tags.size());
  for (const auto& tag : rule.tags) tags.push_back(expand(tag, captures));
  return tags;
}

}  // namespace cachearr::rules
