// One rule: its policy, what its answers must be, what it tags and invalidates.
// Filled by the loader, immutable after it, read by any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/position.hpp"
#include "caching/invalidation.hpp"
#include "caching/policy.hpp"
#include "content/body_condition.hpp"
#include "content/expect.hpp"
#include "rules/captures.hpp"
#include "rules/upstream.hpp"

namespace cachearr::rules {

enum class Priority : std::uint8_t { interactive, feed, background };

using content::BodyCondition;

/// Downloads have quotas and pauses of their own.
enum class CountsAs : std::uint8_t { call, grab };

struct TtlFrom {
  BodyCondition when;
  Duration ttl{};
  friend bool operator==(const TtlFrom&, const TtlFrom&) = default;
};

/// The answers of a rule are pages of one feed, which these parameters choose.
struct Covers {
  std::string offset, limit;
};

struct Rule {
  std::string name;
  std::uint32_t index = 0;  // position in RuleSet::rules()
  const Upstream* upstream = nullptr;
  std::string type;  // TTL and metrics label; empty: none
  caching::Policy policy;
  std::string key_template;  // empty: the default key
  std::vector<std::string> ignore_query;
  std::vector<std::string> sort_values;  // parameters that hold a list whose order means nothing
  std::vector<std::string> tags;         // templates
  std::vector<TtlFrom> ttl_from;
  std::vector<BodyCondition> refuse_if;
  content::Expect expect = content::Expect::any;  // what an answer is; what is something else is refused
  CountsAs counts_as = CountsAs::call;
  std::vector<caching::Invalidation> invalidate;  // their texts are templates with {captures}
  std::optional<Duration> window;                 // what they name goes on changing for so long after the write
  std::string invalidation_switch;  // "series_update": turned off by AUTO_INVALIDATE_ON_SERIES_UPDATE; empty: never
  // With "without_events": policy.ttl is that one, the safe one; the other holds while the upstream's feed is
  // connected.
  std::optional<Duration> ttl_without_events, ttl_with_events;
  std::optional<Duration> learn_min, learn_max;
  std::optional<Covers> covers;
  std::string last_fetch;    // template of the key that tells when an answer was last fetched; empty: none
  double refresh_ahead = 0;  // 0: never
  Priority priority = Priority::interactive;
  Position at;                               // where it stands, for messages
  struct Compiled;                           // its matcher and key recipe: rules/compiled.hpp
  std::shared_ptr<const Compiled> compiled;  // never null in a loaded set
};

/// What the rules say of one request. Pointers live as long as the RuleSet.
struct Verdict {
  const Upstream* upstream = nullptr;
  const Rule* rule = nullptr;

  /// What the answer has to be.
  content::Expect expect() const noexcept { return rule ? rule->expect : content::Expect::any; }
  bool counts_as_grab() const noexcept { return rule && rule->counts_as == CountsAs::grab; }
  /// The upstream's own words for "no more".
  std::span<const content::LimitWords> limits() const noexcept {
    return upstream ? std::span<const content::LimitWords>{upstream->limits} : std::span<const content::LimitWords>{};
  }
};

/// Of the answers of an upstream that may be stored for longer because its feed tells what changes.
inline std::string events_tag(std::string_view upstream) { return std::string{upstream} + "-events"; }

/// The rule's tags, expanded.
std::vector<std::string> tags_of(const Rule& rule, const Captures& captures);

/// The path as it may be shown, where the rule calls segments of it secret; empty where it does not.
std::string masked_path(const Rule& rule, std::string_view path);

}  // namespace cachearr::rules
