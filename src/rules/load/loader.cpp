// From files to a RuleSet: shipped upstreams first, the user's laid over them, then the rules, the user's before the
// shipped.

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>

#include "base/suggestion.hpp"
#include "rules/load/built_in_types.hpp"
#include "rules/load/json_file.hpp"
#include "rules/load/load.hpp"
#include "rules/load/match_reader.hpp"
#include "rules/load/rule_files.hpp"
#include "rules/load/rule_reader.hpp"
#include "rules/load/upstream_reader.hpp"
#include "rules/load/warm_reader.hpp"
#include "rules/rule_set_impl.hpp"

namespace cachearr::rules {

struct Loader {
  struct Source {
    Source(RuleText from, Problems& problems)
        : folder{std::move(from.folder)},
          shipped{from.shipped},
          file{std::move(from.name), std::move(from.text), problems} {}
    std::string folder;
    bool shipped;
    JsonFile file;
  };
  /// One member of "upstreams".
  struct UpstreamEntry {
    Node node;
    const Source* source;
    std::string like;
  };
  struct RuleEntry {
    Node node;
    Source* source;
    std::string name, upstream;
  };

  explicit Loader(Problems& into) : problems{into}, had{into.size()}, set{std::make_shared<RuleSet>()} {}

  void add(RuleText text) {
    if (!text.shipped) set->impl_->files[text.name] = hash128(text.text);
    auto& source = sources.emplace_back(std::move(text), problems);
    const auto root = source.file.root();
    if (!root || !root->expect_object("an object with \"ttls\", \"upstreams\" and \"rules\"",
                                      {"$schema", "ttls", "upstreams", "rules"})) {
      return;
    }
    if (const auto ttls = root->get("ttls")) gather_ttls(*ttls, source);
    if (const auto upstreams = root->get("upstreams")) gather_upstreams(*upstreams, source);
    if (const auto rules = root->get("rules")) gather_rules(*rules, source);
  }

  std::shared_ptr<const RuleSet> finish(const Ttls& wishes) {
    overrides = &wishes;
    auto& impl = *set->impl_;
    impl.ttls = default_ttls();
    for (const auto& [name, ttl] : shipped_ttls) impl.ttls[name] = ttl;
    for (const auto& [name, ttl] : user_ttls) impl.ttls[name] = ttl;
    for (const auto& [name, ttl] : wishes) impl.ttls[name] = ttl;
    make_upstreams();
    index_upstreams();
    make_rules();
    check_budgets();
    if (problems.size() > had) {
      sort_problems();
      return nullptr;
    }
    make_matchers();
    return set;
  }

 private:
  // --- gathering: what each file says, still as nodes ---

  void gather_ttls(const Node& node, const Source& source) {
    if (!node.is_object()) return node.problem("an object such as { \"series\": \"24h\" } is expected here");
    for (const auto& [name, value] : node.members()) {
      if (const auto wrong = problem_of_name(name); !wrong.empty()) value.key_problem(wrong);
      if (const auto ttl = value.duration()) (source.shipped ? shipped_ttls : user_ttls)[name] = *ttl;
    }
  }

  void gather_upstreams(const Node& node, const Source& source) {
    if (!node.is_object()) return node.problem("an object of named upstreams is expected here");
    for (const auto& [name, value] : node.members()) {
      if (const auto wrong = problem_of_name(name); !wrong.empty()) value.key_problem(wrong);
      std::string like;
      if (const auto given = value.get("like"); given && !given->is_null()) like = given->text().value_or("");
      auto& known = source.shipped ? shipped_upstreams : user_upstreams;
      const auto [at, fresh] = known.try_emplace(name, UpstreamEntry{value, &source, like});
      if (!fresh)
        value.key_problem("the upstream '" + name + "' is given twice, first " + place(at->second.node) +
                          "; remove or rename one");
    }
  }

  void gather_rules(const Node& node, Source& source) {
    if (!node.is_array()) return node.problem("a list of rules is expected here");
    for (const auto& element : node.elements()) {
      if (!element.expect_object(
              "an object that describes a rule",
              {"name",           "upstream",  "match",     "type",          "key",         "ttl",
               "ttl_status",     "policy",    "stale",     "ignore_query",  "ignore_vary", "ignore_no_store",
               "ignore_private", "fallback",  "tags",      "ttl_from",      "refuse_if",   "sort_values",
               "expect",         "counts_as", "switch",    "refresh_ahead", "priority",    "invalidate",
               "window",         "covers",    "last_fetch"})) {
        continue;
      }
      RuleEntry entry{element, &source, text_of(element, "name"), text_of(element, "upstream")};
      if (entry.name.empty() || entry.upstream.empty()) {
        incomplete_rules.push_back(std::move(entry));
        continue;
      }
      if (const auto wrong = problem_of_name(entry.name); !wrong.empty()) element.get("name")->problem(wrong);
      (source.shipped ? shipped_rules : user_rules).push_back(std::move(entry));
    }
  }

  /// A text that has to be there.
  static std::string text_of(const Node& node, std::string_view key) {
    const auto given = node.get(key);
    if (!given) node.problem("\"" + std::string{key} + "\" is missing");
    auto text = given ? given->text().value_or("") : std::string{};
    if (given && given->is_text() && text.empty()) given->problem("this may not be empty");
    return text;
  }

  std::string place(const Node& node) const {
    const auto at = node.at();
    return "in " + at.file + " on line " + std::to_string(at.line);
  }

  // --- upstreams ---

  void make_upstreams() {
    for (const auto* entries : {&shipped_upstreams, &user_upstreams}) {
      for (const auto& [name, entry] : *entries) {
        if (entry.like.empty()) make_upstream(name, entry);
      }
    }
    for (const auto* entries : {&shipped_upstreams, &user_upstreams}) {
      for (const auto& [name, entry] : *entries) {
        if (!entry.like.empty()) make_upstream(name, entry);
      }
    }
  }

  void make_upstream(const std::string& name, const UpstreamEntry& entry) {
    auto& upstream = slot(name);
    if (!entry.like.empty()) {
      const auto* model = find_upstream(entry.like);
      if (const auto node = entry.node.get("like"); !model) {
        node->problem("no upstream '" + entry.like + "'" + did_you_mean(entry.like, upstream_names()));
      } else if (model == &upstream || likeness.contains(entry.like)) {
        node->problem("'" + entry.like + "' is itself like another; name that one");
      } else {
        const auto index = upstream.index;
        upstream = *model;
        upstream.index = index;
        // What leads requests to the model cannot lead them here as well.
        upstream.hosts.clear();
        upstream.mount.clear();
        upstream.api_key_file.clear();
        upstream.origin_given = false;
        likeness[name] = entry.like;
      }
    }
    upstream.name = name;
    read_upstream(entry.node, entry.source->folder, upstream);
    complete_origin(upstream);
    if (!upstream.mount.empty() && upstream.origin_host.empty()) {
      entry.node.key_problem("the upstream '" + name +
                             "' has a \"mount\" but neither an \"origin\" nor an exact host to connect to");
    }
    if (upstream.intercept && upstream.hosts.empty()) {
      entry.node.key_problem("the upstream '" + name + "' has \"intercept\" but no \"hosts\"");
    }
  }

  Upstream& slot(const std::string& name) {
    auto& upstreams = set->impl_->upstreams;
    for (const auto& known : upstreams) {
      if (known->name == name) return *known;
    }
    upstreams.push_back(std::make_unique<Upstream>());
    upstreams.back()->index = static_cast<std::uint32_t>(upstreams.size() - 1);
    return *upstreams.back();
  }

  const Upstream* find_upstream(std::string_view name) const {
    for (const auto& known : set->impl_->upstreams) {
      if (known->name == name) return known.get();
    }
    return nullptr;
  }

  std::vector<std::string_view> upstream_names() const {
    std::vector<std::string_view> names;
    for (const auto& upstream : set->impl_->upstreams) names.push_back(upstream->name);
    return names;
  }

  /// The user's claims to hosts and mounts stand before the shipped ones; two claims of one kind are a problem.
  void index_upstreams() {
    auto& impl = *set->impl_;
    for (const bool user : {true, false}) {
      for (const auto& upstream : impl.upstreams) {
        const auto at = user_upstreams.find(upstream->name);
        if ((at != user_upstreams.end()) != user) continue;
        const auto& entry = user ? at->second : shipped_upstreams.find(upstream->name)->second;
        for (const auto& host : upstream->hosts) claim_host(*upstream, host, entry.node);
        if (!upstream->mount.empty()) claim_mount(*upstream, entry.node);
        impl.by_name[upstream->name] = upstream.get();
      }
    }
    for (const auto& [mount, upstream] : impl.by_mount) {
      const auto segments = static_cast<std::size_t>(std::count(mount.begin(), mount.end(), '/'));
      impl.deepest_mount = std::max(impl.deepest_mount, segments);
    }
  }

  bool is_users(const Upstream& upstream) const { return user_upstreams.contains(upstream.name); }

  void claim_host(const Upstream& upstream, const std::string& host, const Node& node) {
    const bool suffix = host.starts_with("*.");
    auto& map = suffix ? set->impl_->by_suffix : set->impl_->by_host;
    const auto [at, fresh] = map.try_emplace(suffix ? host.substr(1) : host, &upstream);
    if (fresh || is_users(*at->second) != is_users(upstream)) return;
    node.get("hosts").value_or(node).problem("the host '" + host + "' belongs to the upstream '" + at->second->name +
                                             "' already; remove one");
  }

  void claim_mount(const Upstream& upstream, const Node& node) {
    const auto [at, fresh] = set->impl_->by_mount.try_emplace(upstream.mount, &upstream);
    if (fresh || is_users(*at->second) != is_users(upstream)) return;
    node.get("mount").value_or(node).problem("the mount '" + upstream.mount + "' belongs to the upstream '" +
                                             at->second->name + "' already; choose another");
  }

  // --- rules ---

  void make_rules() {
    for (const auto& entry : incomplete_rules) report_what_else_is_wrong(entry);
    std::map<std::string, const RuleEntry*> users;
    for (const auto& entry : user_rules) {
      const auto [at, fresh] = users.try_emplace(entry.name, &entry);
      if (!fresh) {
        entry.node.get("name")->problem("the rule '" + entry.name + "' is given twice, first " +
                                        place(at->second->node) + "; rename one");
      }
      make_rule(entry);
    }
    std::map<std::string, const RuleEntry*> shipped;
    for (const auto& entry : shipped_rules) {
      if (!shipped.try_emplace(entry.name, &entry).second)
        entry.node.problem("the rule '" + entry.name + "' is given twice");
      if (!users.contains(entry.name)) make_rule(entry);
    }
  }

  void make_rule(const RuleEntry& entry) {
    const auto* upstream = find_upstream(entry.upstream);
    if (!upstream) {
      entry.node.get("upstream")
          ->problem("no upstream '" + entry.upstream + "'" + did_you_mean(entry.upstream, upstream_names()));
      report_what_else_is_wrong(entry);
      return;
    }
    read_into(entry, *upstream);
    // Problems were told once; what is like this upstream gets the same rule with its own name in the templates.
    Problems told_already;
    entry.source->file.report_to(told_already);
    for (const auto& [name, model] : likeness) {
      if (model == entry.upstream) read_into(entry, *find_upstream(name));
    }
    entry.source->file.report_to(problems);
  }

  /// A rule that belongs to nobody is still read, so that its other problems are told in the same go.
  void report_what_else_is_wrong(const RuleEntry& entry) {
    const Upstream nobody;
    Rule orphan;
    orphan.name = entry.name;
    orphan.upstream = &nobody;
    read_rule(entry.node, set->impl_->ttls, orphan);
    entry.source->file.report_to(problems);
  }

  /// The operator's word goes before the rule's own, with events or without; what a body says may shorten it only.
  static void obey(Rule& rule, Duration ttl) {
    rule.policy.ttl = ttl;
    if (rule.ttl_without_events) rule.ttl_without_events = rule.ttl_with_events = ttl;
    rule.learn_min.reset();
    rule.learn_max.reset();
    for (auto& from : rule.ttl_from) from.ttl = std::min(from.ttl, ttl);
  }

  void read_into(const RuleEntry& entry, const Upstream& upstream) {
    auto& rules = set->impl_->rules;
    auto rule = std::make_unique<Rule>();
    rule->name = entry.name;
    rule->index = static_cast<std::uint32_t>(rules.size());
    rule->upstream = &upstream;
    read_rule(entry.node, set->impl_->ttls, *rule);
    // What the environment says of a type holds for shipped rules that have a TTL of their own, too.
    const auto wish = overrides->find(rule->type);
    if (entry.source->shipped && wish != overrides->end()) obey(*rule, wish->second);
    rules.push_back(std::move(rule));
  }

  /// "each" names a capture that some rule of the upstream binds; who is asked at a warm-up is an upstream, too.
  void check_budgets() {
    for (const auto* entries : {&shipped_upstreams, &user_upstreams}) {
      for (const auto& [name, entry] : *entries) {
        check_warm_up(entry.node, upstream_names());
        const auto rate = entry.node.get("rate");
        const auto each = rate ? rate->get("each") : std::nullopt;
        if (!each || !each->is_text() || each->text()->empty()) continue;
        std::vector<std::string_view> known;
        for (const auto& rule : set->impl_->rules) {
          if (rule->upstream->name != name) continue;
          for (const auto bound : bound_names(*rule->compiled)) known.push_back(bound);
        }
        if (std::find(known.begin(), known.end(), *each->text()) == known.end())
          each->problem("no rule of '" + name + "' binds {" + *each->text() + "}" + did_you_mean(*each->text(), known));
      }
    }
  }

  void make_matchers() {
    auto& impl = *set->impl_;
    std::vector<std::vector<const Rule*>> all(impl.upstreams.size()), writes(impl.upstreams.size());
    impl.events.resize(impl.upstreams.size());
    for (const auto& rule : impl.rules) {
      if (!rule->compiled->events.empty()) impl.events[rule->upstream->index].push_back(rule.get());
      if (!rule->compiled->is_for_requests()) continue;
      all[rule->upstream->index].push_back(rule.get());
      if (rule->compiled->writes) writes[rule->upstream->index].push_back(rule.get());
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      impl.all.emplace_back(all[i]);
      impl.writes.emplace_back(writes[i]);
    }
  }

  /// In the order of the files and of the lines in them.
  void sort_problems() {
    std::map<std::string, std::size_t> order;
    for (const auto& source : sources) order.try_emplace(source.file.name(), order.size());
    const auto rank = [&order](const Problem& problem) {
      const auto at = order.find(problem.at.file);
      return std::tuple{at == order.end() ? std::size_t{0} : at->second + 1, problem.at.line, problem.at.column};
    };
    std::stable_sort(problems.begin() + static_cast<std::ptrdiff_t>(had), problems.end(),
                     [&rank](const Problem& a, const Problem& b) { return rank(a) < rank(b); });
  }

  Problems& problems;
  std::size_t had;
  std::shared_ptr<RuleSet> set;
  std::deque<Source> sources;
  std::map<std::string, Duration> user_ttls, shipped_ttls;
  std::map<std::string, UpstreamEntry> user_upstreams, shipped_upstreams;
  std::vector<RuleEntry> user_rules, shipped_rules, incomplete_rules;
  std::map<std::string, std::string> likeness;
  const Ttls* overrides = nullptr;
};

std::shared_ptr<const RuleSet> load(const LoadOptions& options, Problems& problems) {
  Loader loader{problems};
  const auto shipped = shipped_files();
  if (!options.draft.empty()) loader.add({"draft", {}, options.draft, false});
  for (auto& text : read_files(options.paths, options.instead, problems)) {
    // A shipped file that the user lists as well is the shipped file: it neither doubles nor overrides anything.
    const bool known = options.shipped && std::any_of(shipped.begin(), shipped.end(), [&text](const ShippedFile& file) {
                         return file.text == text.text;
                       });
    if (!known) loader.add(std::move(text));
  }
  if (options.shipped) {
    for (const auto& file : shipped)
      loader.add({"shipped:" + std::string{file.name}, {}, std::string{file.text}, true});
  }
  return loader.finish(options.ttl_overrides);
}

std::shared_ptr<const RuleSet> load_text(std::string_view text, std::string_view file_name, Problems& problems) {
  Loader loader{problems};
  loader.add({std::string{file_name}, {}, std::string{text}, false});
  return loader.finish({});
}

}  // namespace cachearr::rules
