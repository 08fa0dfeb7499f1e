#include "rules/load/rule_reader.hpp"

#include <algorithm>

#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "rules/compiled.hpp"
#include "rules/load/built_in_types.hpp"
#include "rules/load/condition_reader.hpp"
#include "rules/load/covers_reader.hpp"
#include "rules/load/match_reader.hpp"
#include "rules/load/template_compiler.hpp"

namespace cachearr::rules {

namespace {

/// What is gathered of one rule while it is read.
struct Draft {
  const Node& node;
  const Ttls& ttls;
  Rule& rule;
  Rule::Compiled compiled;
};

std::string replace_upstream(std::string text, const std::string& name) {
  constexpr std::string_view placeholder = "{upstream}";
  for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + name.size())) {
    text.replace(at, placeholder.size(), name);
  }
  return text;
}

bool is_bound(const Rule::Compiled& rule, std::string_view name) {
  const auto names = bound_names(rule);
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_rest(const Rule::Compiled& rule) {
  return std::any_of(rule.paths.begin(), rule.paths.end(), [](const PathPattern& path) { return path.open_end; });
}

bool is_secret(const Rule& rule, std::string_view name) {
  const auto& secrets = rule.upstream->credential_path;
  return std::find(secrets.begin(), secrets.end(), name) != secrets.end();
}

/// The pieces of a key, tag or invalidation template, its names checked.
std::vector<Piece> read_template(const Node& node, const std::string& text, const Draft& draft, bool is_key) {
  auto pieces = compile_template(text);
  if (!pieces.ok()) {
    node.problem("in this template: " + pieces.error().what);
    return {};
  }
  if (text.empty() || text.size() > 2000 ||
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
    node.problem("a template has 1 to 2000 characters, none of them a control character");
  }
  for (auto& piece : *pieces) {
    if (piece.kind == Piece::Kind::literal) continue;
    if (piece.text == kRestName && is_key && has_rest(draft.compiled)) continue;
    if (piece.kind == Piece::Kind::capture && !is_bound(draft.compiled, piece.text)) {
      const auto known = bound_names(draft.compiled);
      node.problem("{" + piece.text + "} is not bound by \"match\"" + did_you_mean(piece.text, known));
    } else if (piece.kind != Piece::Kind::capture && !is_key) {
      node.problem("{" + piece.text + "} is possible only in \"key\"");
    } else if (piece.kind == Piece::Kind::capture && is_secret(draft.rule, piece.text)) {
      piece.secret = true;
      if (!is_key) node.problem("{" + piece.text + "} is a credential of the upstream and may stand only in \"key\"");
    }
  }
  return std::move(*pieces);
}

/// What `**` takes tells answers apart, so it stands in every key: where the template says {**}, else at its end.
void complete_rest(Rule::Compiled& rule) {
  if (!has_rest(rule)) return;
  for (auto& path : rule.paths) path.binds_rest = path.open_end;
  const bool has_it = std::any_of(rule.key.begin(), rule.key.end(), [](const Piece& piece) {
    return piece.text == kRestName || piece.kind == Piece::Kind::path;
  });
  if (!has_it) rule.key.push_back({Piece::Kind::rest, {}, false});
}

void read_key(Draft& draft) {
  auto& rule = draft.rule;
  const auto node = draft.node.get("key");
  if (node && !node->is_null()) {
    if (const auto text = node->text()) {
      rule.key_template = replace_upstream(*text, rule.upstream->name);
      draft.compiled.key = read_template(*node, rule.key_template, draft, true);
    }
  }
  if (rule.key_template.empty()) {
    draft.compiled.key = {{Piece::Kind::method, {}, false},
                          {Piece::Kind::literal, ":", false},
                          {Piece::Kind::host, {}, false},
                          {Piece::Kind::path, {}, false},
                          {Piece::Kind::query, {}, false}};
  }
  if (!rule.key_template.empty()) complete_rest(draft.compiled);
  complete_key(draft.compiled);
}

void read_type(Draft& draft) {
  const auto node = draft.node.get("type");
  if (!node || node->is_null()) return;
  const auto name = node->text();
  if (!name) return;
  const auto at = draft.ttls.find(*name);
  if (at == draft.ttls.end()) {
    std::vector<std::string_view> known;
    for (const auto& item : draft.ttls) known.push_back(item.first);
    std::sort(known.begin(), known.end());
    const auto hint = did_you_mean(*name, known);
    node->problem("no type '" + *name + "'" +
                  (hint.empty() ? "; name it in \"ttls\" or use one of the built-in types" : hint));
    return;
  }
  draft.rule.type = *name;
  draft.rule.policy.ttl = at->second;
}

void read_ttl(Draft& draft) {
  const auto node = draft.node.get("ttl");
  if (!node || node->is_null()) return;
  auto& rule = draft.rule;
  if (!node->is_object()) {
    if (const auto ttl = node->duration()) rule.policy.ttl = ttl;
    return;
  }
  if (!node->expect_object("a duration", {"fresh", "without_events", "learn"})) return;
  if (const auto fresh = node->get("fresh")) {
    if (const auto ttl = fresh->duration()) rule.policy.ttl = ttl;
  }
  if (!rule.policy.ttl) node->problem(R"("fresh" is missing, and no "type" gives a TTL)");
  if (const auto without = node->get("without_events")) {
    rule.ttl_without_events = without->duration();
    rule.ttl_with_events = rule.policy.ttl;
    const bool longer = rule.ttl_without_events && rule.policy.ttl && *rule.ttl_without_events > *rule.policy.ttl;
    // The TTL of a type may be changed elsewhere, by somebody who knows nothing of this rule.
    if (longer && !node->get("fresh")) rule.ttl_without_events = rule.policy.ttl;
    if (longer && node->get("fresh"))
      without->problem("without events an answer cannot be fresh for longer than with them");
    if (rule.ttl_without_events) rule.policy.ttl = rule.ttl_without_events;
    // What may have been stored for long is found by this once the feed breaks.
    rule.tags.push_back(events_tag(rule.upstream->name));
  }
  const auto learn = node->get("learn");
  if (!learn || !learn->expect_object("an object such as { \"min\": \"1h\", \"max\": \"7d\" }", {"min", "max"})) return;
  const auto min = learn->get("min"), max = learn->get("max");
  if (!min || !max) {
    learn->problem(R"("learn" needs "min" and "max")");
    return;
  }
  rule.learn_min = min->duration();
  rule.learn_max = max->duration();
  if (rule.learn_min && rule.learn_max && *rule.learn_min > *rule.learn_max)
    learn->problem("\"min\" is longer than \"max\"");
}

void read_ttl_status(Draft& draft) {
  const auto node = draft.node.get("ttl_status");
  if (!node || node->is_null()) return;
  if (!node->is_object()) {
    node->problem("an object such as { \"404\": \"10m\" } is expected here");
    return;
  }
  for (const auto& [status, value] : node->members()) {
    const auto number = text::parse_unsigned(status);
    if (!number || *number < 200 || *number > 599 || status.size() != 3) {
      value.key_problem("'" + status + "' is no final HTTP status (200 to 599)");
      continue;
    }
    if (const auto ttl = value.duration()) draft.rule.policy.ttl_status.push_back({static_cast<int>(*number), *ttl});
  }
}

void read_stale(Draft& draft) {
  const auto node = draft.node.get("stale");
  if (!node || node->is_null()) return;
  if (!node->expect_object("an object such as { \"if_error\": \"7d\" }",
                           {"while_revalidate", "if_error", "if_limited"}))
    return;
  auto& policy = draft.rule.policy;
  if (const auto given = node->get("while_revalidate")) policy.stale_while_revalidate = given->duration();
  if (const auto given = node->get("if_error")) policy.stale_if_error = given->duration();
  if (const auto given = node->get("if_limited")) policy.stale_if_limited = given->duration();
}

void read_conditions(Draft& draft) {
  if (const auto node = draft.node.get("refuse_if"); node && !node->is_null()) read_refuse_if(*node, draft.rule);
  if (const auto node = draft.node.get("ttl_from"); node && !node->is_null()) read_ttl_from(*node, draft.rule);
}

void read_lists(Draft& draft) {
  auto& rule = draft.rule;
  if (const auto node = draft.node.get("ignore_query")) rule.ignore_query = node->texts();
  if (const auto node = draft.node.get("sort_values")) rule.sort_values = node->texts();
  if (const auto node = draft.node.get("ignore_vary")) {
    for (const auto& name : node->texts()) rule.policy.ignore_vary.push_back(text::to_lower(name));
  }
  if (const auto node = draft.node.get("tags")) {
    for (const auto& element : node->elements()) {
      const auto given = element.text();
      if (!given) continue;
      const auto tag = replace_upstream(*given, rule.upstream->name);
      read_template(element, tag, draft, false);
      rule.tags.push_back(tag);
    }
  }
}

/// Which AUTO_INVALIDATE_ON_… of the environment turns the rule off.
void read_switch(Draft& draft) {
  const auto node = draft.node.get("switch");
  if (!node || node->is_null()) return;
  const std::vector<std::string_view> causes{"series_update",  "episode_update",         "metadata_refresh",
                                             "indexer_update", "quality_profile_update", "custom_format_update",
                                             "tag_update",     "root_folder_update"};
  if (const auto word = node->word(causes)) draft.rule.invalidation_switch = causes[*word];
}

/// For how long after the write what it named goes on changing.
void read_window(Draft& draft) {
  const auto node = draft.node.get("window");
  if (!node || node->is_null()) return;
  draft.rule.window = node->duration();
  if (!draft.compiled.is_for_requests()) node->key_problem("\"window\" belongs to a rule for writes");
  if (draft.rule.window && *draft.rule.window > std::chrono::minutes{10})
    node->problem("a window lasts for no more than 10 minutes");
}

/// An application's message changes what is its own, and nothing else.
void check_scope(const Node& node, const caching::Invalidation& named, const Draft& draft) {
  if (draft.compiled.events.empty()) return;
  const auto& own = draft.rule.upstream->name;
  const auto& tag = named.text;
  const bool fits = named.kind == caching::Invalidation::Kind::tag && tag.starts_with(own) &&
                    (tag.size() == own.size() || tag[own.size()] == '-');
  if (!fits)
    node.problem("an event invalidates tags of its own upstream: \"tag:{upstream}\" or \"tag:{upstream}-...\"");
}

/// What a rule for events says beside these would have no effect.
void check_event_members(const Draft& draft) {
  if (draft.compiled.events.empty()) return;
  for (const auto& [name, value] : draft.node.members()) {
    const std::vector<std::string_view> known{"name",     "upstream", "match", "invalidate",
                                              "fallback", "switch",   "window"};
    if (std::find(known.begin(), known.end(), name) == known.end())
      value.key_problem("a rule for events only invalidates; remove this");
  }
}

void read_invalidate(Draft& draft) {
  const auto node = draft.node.get("invalidate");
  if (const auto fallback = draft.node.get("fallback")) draft.compiled.fallback = fallback->flag().value_or(false);
  if (!node || node->is_null()) {
    for (const auto* const name : {"switch", "fallback", "window"}) {
      if (const auto word = draft.node.get(name)) word->key_problem("this belongs to a rule with \"invalidate\"");
    }
    if (!draft.compiled.body.empty())
      draft.node.get("match")->get("body")->key_problem("\"body\" belongs to a rule with \"invalidate\"");
    if (!draft.compiled.events.empty())
      draft.node.get("match")->get("event")->key_problem("\"event\" belongs to a rule with \"invalidate\"");
    if (!draft.compiled.webhooks.empty())
      draft.node.get("match")->get("webhook")->key_problem("\"webhook\" belongs to a rule with \"invalidate\"");
    return;
  }
  auto& rule = draft.rule;
  draft.compiled.writes = true;
  for (const auto& element : node->elements()) {
    const auto given = element.text();
    if (!given) continue;
    auto invalidation = caching::parse_invalidation(replace_upstream(*given, rule.upstream->name));
    read_template(element, invalidation.text, draft, false);
    check_scope(element, invalidation, draft);
    rule.invalidate.push_back(std::move(invalidation));
  }
  read_switch(draft);
  read_window(draft);
  check_event_members(draft);
  if (draft.compiled.methods & kSafeMethods) {
    node->key_problem(
        "\"invalidate\" acts on writes: give \"match\" a \"method\" such as [\"POST\", \"PUT\", \"DELETE\"]");
  }
}

void read_policy(Draft& draft) {
  auto& policy = draft.rule.policy;
  policy.from_rule = true;
  policy.shared = draft.rule.upstream->share_all || draft.rule.upstream->share_named;
  policy.partitioned = !policy.shared;
  const bool reads_only = (draft.compiled.methods & ~kReadMethods) == 0 && draft.compiled.other_methods.empty();
  const bool has_ttl = policy.ttl || !draft.rule.ttl_from.empty();
  policy.mode = !reads_only ? caching::Mode::never : has_ttl ? caching::Mode::override_ : caching::Mode::respect;
  // Such answers hold nothing of a user although they say so: they count as if nothing was shared.
  if (const auto ignore = draft.node.get("ignore_private"); ignore && ignore->flag().value_or(false)) {
    policy.shared = false;
    policy.partitioned = true;
  }
  if (const auto ignore = draft.node.get("ignore_no_store")) {
    policy.ignores_no_store = ignore->flag().value_or(false);
    if (policy.ignores_no_store && policy.shared)
      ignore->key_problem("what is shared may not pass over no-store; remove this");
  }
  const auto node = draft.node.get("policy");
  if (!node || node->is_null()) return;
  const auto word = node->word({"respect", "override", "floor", "ceiling", "never"});
  if (!word) return;
  policy.mode = static_cast<caching::Mode>(*word);
  if (policy.mode == caching::Mode::never) return;
  if (!reads_only) {
    node->problem("only answers to GET and HEAD are stored; leave \"policy\" out, or say \"never\"");
  } else if (!has_ttl && policy.mode != caching::Mode::respect) {
    node->problem("this policy needs a \"ttl\" or a \"type\"");
  }
}

/// What an answer has to be. What is not stored and of which nothing is said may be anything.
void read_expectation(Draft& draft) {
  auto& rule = draft.rule;
  if (rule.policy.mode != caching::Mode::never) rule.expect = default_expectation(rule.type, *rule.upstream);
  if (const auto node = draft.node.get("expect"); node && !node->is_null()) {
    if (const auto word = node->word({content::kExpectNames.begin(), content::kExpectNames.end()}))
      rule.expect = static_cast<content::Expect>(*word);
  }
  if (const auto node = draft.node.get("counts_as"); node && !node->is_null()) {
    if (const auto word = node->word({"call", "grab"})) rule.counts_as = static_cast<CountsAs>(*word);
  }
}

/// What must never be stored is recognised in any spelling, whatever its origin makes of it.
void loosen_paths(Draft& draft) {
  const bool never = draft.rule.policy.mode == caching::Mode::never && draft.rule.invalidate.empty();
  if (!never && !draft.rule.upstream->ignores_path_case) return;
  for (auto& path : draft.compiled.paths) path.loosen();
}

void read_last_fetch(Draft& draft) {
  const auto node = draft.node.get("last_fetch");
  if (!node || node->is_null()) return;
  const auto given = node->text();
  if (!given) return;
  draft.rule.last_fetch = replace_upstream(*given, draft.rule.upstream->name);
  read_template(*node, draft.rule.last_fetch, draft, false);
}

void read_refresh(Draft& draft) {
  if (const auto node = draft.node.get("refresh_ahead")) draft.rule.refresh_ahead = node->number(0, 0.99).value_or(0);
  if (const auto node = draft.node.get("priority")) {
    if (const auto word = node->word({"interactive", "feed", "background"}))
      draft.rule.priority = static_cast<Priority>(*word);
  }
}

}  // namespace

std::string problem_of_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
  return good ? std::string{} : "a name has 1 to 64 letters, digits, '-', '_' and '.'";
}

void read_rule(const Node& node, const Ttls& ttls, Rule& into) {
  Draft draft{node, ttls, into, {}};
  into.at = node.at();
  if (const auto match = node.get("match")) {
    read_match(*match, *into.upstream, draft.compiled);
  } else {
    node.problem("\"match\" is missing: which requests the rule is for, at least { \"path\": \"/**\" }");
  }
  read_type(draft);
  read_ttl(draft);
  read_ttl_status(draft);
  read_stale(draft);
  read_conditions(draft);
  read_lists(draft);
  read_invalidate(draft);
  read_refresh(draft);
  read_policy(draft);
  loosen_paths(draft);
  read_expectation(draft);
  read_last_fetch(draft);
  read_key(draft);
  read_covers(node, draft.compiled, into);
  into.compiled = std::make_shared<const Rule::Compiled>(std::move(draft.compiled));
}

}  // namespace cachearr::rules
