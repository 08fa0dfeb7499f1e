// The rules of one upstream, indexed by the literal beginning of their paths. Built once, then read by any thread; a
// look-up sees only rules whose literal beginning is one of the request's path, and tries them in file order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/compiled.hpp"
#include "rules/rule.hpp"
#include "rules/scratch.hpp"
#include "rules/spelling.hpp"

namespace cachearr::rules {

class Matcher {
 public:
  Matcher();
  /// `rules` in order of precedence; they must outlive the matcher.
  explicit Matcher(const std::vector<const Rule*>& rules);

  /// Calls `each` with the bindings of every rule that matches, in order, until it gives true. Without `may_store`, or
  /// with a path of which nobody can tell what the origin makes of it, only rules that store nothing are asked.
  template <class F>
  void for_each_match(const http::RequestHead& request, std::string_view path, std::string_view query, bool may_store,
                      Scratch& scratch, F&& each) const {
    const bool plain = is_sent_normal(path);
    const auto sent = plain ? path : normal(path, scratch);
    const PathSegments segments{sent};
    const bool any = may_store && segments.is_clear() && (plain || !hides_slash(sent));
    Walk walk{*this, segments};
    Bindings bindings;
    while (const Rule* rule = walk.next()) {
      if (!any && rule->policy.mode != caching::Mode::never) continue;
      if (matches(*rule->compiled, request, segments, query, scratch.decoder, bindings) && each(*rule, bindings))
        return;
    }
  }

 private:
  struct Node {
    std::vector<std::pair<std::string, std::uint32_t>> children;  // lower case, sorted by size and text
    std::vector<std::uint32_t> rules;                             // places in rules_, ascending
  };
  /// The candidates of one path in file order: a merge of the lists along the path.
  class Walk {
   public:
    Walk(const Matcher& matcher, const PathSegments& path) noexcept;
    const Rule* next() noexcept;

   private:
    static constexpr std::size_t kDeepest = PathSegments::kMost + 1;
    const Matcher& matcher_;
    struct Place {
      const std::uint32_t* at;
      const std::uint32_t* end;
    };
    Place places_[kDeepest];
    std::size_t count_ = 0;
  };

  /// The path with its percent-encoding normalised, in the scratch memory.
  static std::string_view normal(std::string_view path, Scratch& scratch);
  std::uint32_t child(std::uint32_t node, const std::string& segment);
  const Node* find(const Node& node, std::string_view segment) const noexcept;

  std::vector<const Rule*> rules_;
  std::vector<Node> nodes_;
};

}  // namespace cachearr::rules
