// Compiled rules: which upstream and which rule a request belongs to, its key and credentials, and what its answer
// means.
//
// A RuleSet is immutable after load(); any number of threads read it. A reload makes a new one; the workers swap it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "http/message.hpp"
#include "rules/captures.hpp"
#include "rules/inspect.hpp"
#include "rules/key.hpp"
#include "rules/message.hpp"
#include "rules/rule.hpp"
#include "rules/scratch.hpp"
#include "rules/upstream.hpp"

namespace cachearr::rules {

class RuleSet {
 public:
  RuleSet();
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  /// The upstream that names this host (exact before "*.suffix"), or null. `host` is lower case. Allocates nothing.
  const Upstream* upstream_for_host(std::string_view host) const noexcept;
  /// The upstream whose mount is a path-segment prefix of `path` (longest first), or null.
  const Upstream* upstream_for_mount(std::string_view path) const noexcept;
  const Upstream* upstream_named(std::string_view name) const noexcept;

  /// First rule of `upstream` that matches; cost does not grow with other upstreams' rules. Null: none.
  const Rule* match(const Upstream& upstream, const http::RequestHead& request, std::string_view path,
                    std::string_view query, Scratch& scratch, Captures& captures) const;
  /// Rules with `invalidate` that match this unsafe request, in order. `body` is the beginning of the request's body;
  /// none: nobody has looked, and a rule that asks for a body takes any.
  std::vector<const Rule*> invalidations(const Upstream& upstream, const http::RequestHead& request,
                                         std::string_view path, std::string_view query,
                                         std::optional<std::string_view> body, Scratch& scratch,
                                         Captures& captures) const;

  /// Rules with `invalidate` for this message of the upstream's feed, in order; an empty list of one ends them.
  std::vector<const Rule*> invalidations(const Upstream& upstream, const Message& message, Captures& captures) const;
  /// True where a rule of the upstream is about this event of its feed.
  bool knows_event(const Upstream& upstream, std::string_view event) const noexcept;
  /// Rules with `invalidate` for this event of the upstream's webhook, in order.
  std::vector<const Rule*> webhook_invalidations(const Upstream& upstream, std::string_view event) const;

  const std::vector<std::unique_ptr<Upstream>>& upstreams() const noexcept;
  const std::vector<std::unique_ptr<Rule>>& rules() const noexcept;
  const std::unordered_map<std::string, Duration>& ttls() const noexcept;
  /// The user's files and a hash of what each holds.
  const std::map<std::string, Hash128>& files() const noexcept;

 private:
  friend struct Loader;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cachearr::rules
