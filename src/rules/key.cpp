// The way from a request to its name in the store: build_key and its steps, in order.

#include "rules/key.hpp"

#include <algorithm>
#include <span>

#include "base/redact.hpp"
#include "base/secret_shape.hpp"
#include "base/text.hpp"
#include "rules/below_origin.hpp"
#include "rules/compiled.hpp"
#include "rules/scratch.hpp"
#include "rules/spelling.hpp"

namespace cachearr::rules {

namespace {

constexpr std::size_t kLongestKey = 8000;
/// What is shorter never looks like a secret.
constexpr std::size_t kShortestSecret = 16;
constexpr std::string_view kMasked = "***";

/// What one call works on.
struct Task {
  const Upstream* upstream;
  const Rule* rule;
  const Rule::Compiled* compiled;  // null without a rule
  const http::RequestHead& request;
  const http::Target& target;
  const Captures& captures;
  Scratch& scratch;
  KeyParts& into;
  // `share: all`: no credential separates. `named`: those that the upstream names do not, where a rule vouches for the
  // answer.
  bool shares_named() const noexcept { return upstream && (upstream->share_all || (upstream->share_named && rule)); }
  bool shares_all() const noexcept { return upstream && upstream->share_all; }

  void credential(char where, std::string_view name, std::string_view value, bool shared) const {
    into.has_credentials = true;
    if (!shared) scratch.partition.add(where, name, value);
  }
};

bool names(const std::vector<std::string>& list, std::string_view name) noexcept {
  return std::any_of(list.begin(), list.end(), [name](const std::string& item) {
    return item.size() == name.size() && text::iequals(item, name);
  });
}

/// Fields that are credentials by their name, or whose value looks like one. Who asks by which proxy is no matter of
/// the origin's.
bool is_credential_everywhere(const http::Field& field, SecretMemo& secrets) noexcept {
  switch (field.id) {
    case http::FieldId::authorization:
    case http::FieldId::cookie:
    case http::FieldId::x_api_key: return true;
    case http::FieldId::other:
      return secrets.is_field(field.name) ||
             (field.value.size() >= kShortestSecret && is_secret_shape(field.value) && !is_trace_field(field.name));
    default: return false;
  }
}

/// The parameter in which the same credential may come; null: none. Who sends the field twice is not understood.
const std::string* other_place(const Task& task, const http::Field& field) noexcept {
  const auto& places = task.upstream->credential_places;
  const auto found = std::find_if(places.begin(), places.end(),
                                  [&](const TwoPlaces& each) { return text::iequals(each.header, field.name); });
  if (found == places.end()) return nullptr;
  const auto again = std::count_if(task.request.fields.begin(), task.request.fields.end(),
                                   [&](const http::Field& each) { return text::iequals(each.name, field.name); });
  return again == 1 ? &found->parameter : nullptr;
}

/// The same key is the same credential, wherever it stands. REQUIRES: the parameters have been collected.
void collect_named_field(const Task& task, const http::Field& field) {
  const auto* const parameter = other_place(task, field);
  const auto* const there = parameter ? task.scratch.partition.find('q', *parameter) : nullptr;
  if (!parameter || (there && *there != field.value)) {
    task.credential('h', field.name, field.value, task.shares_named());
  } else if (!there) {
    task.credential('q', *parameter, field.value, task.shares_named());
  }
}

void collect_fields(const Task& task) {
  for (const auto& field : task.request.fields) {
    if (task.upstream && names(task.upstream->credential_headers, field.name)) {
      collect_named_field(task, field);
    } else if (is_credential_everywhere(field, task.scratch.secrets)) {
      task.credential('h', field.name, field.value, task.shares_all());
    }
  }
}

/// Where an upstream names its own credentials, one or two letters ("i", "r") are what they say there, not secrets; but
/// a value that has the shape of a key is one.
bool is_secret(const Task& task, std::string_view name, std::string_view value) noexcept {
  const bool named = task.upstream && task.upstream->credentials_given;
  return (!named || name.size() > 2 || is_secret_shape(value)) && task.scratch.secrets.is_parameter(name);
}

/// Some origins take ';' for a separator, too: to them this is more than one parameter.
bool may_be_several(const Parameter& parameter) noexcept {
  return parameter.value.find(';') != std::string_view::npos || parameter.name.find(';') != std::string_view::npos;
}

bool is_ignored(const Task& task, std::string_view name, const Parameter& sent) noexcept {
  const auto& ignored = task.rule->ignore_query;
  return std::find(ignored.begin(), ignored.end(), name) != ignored.end() && !may_be_several(sent);
}

/// A list of values in one order, where the rule says that their order means nothing.
std::string_view in_order(const Task& task, std::string_view name, std::string_view value) {
  const auto& lists = task.rule->sort_values;
  if (lists.empty() || value.find(',') == std::string_view::npos ||
      std::find(lists.begin(), lists.end(), name) == lists.end())
    return value;
  auto members = text::split(value, ',');
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  auto& out = task.scratch.sorted;
  const auto from = out.size();
  for (const auto member : members) out.append(out.size() > from ? "," : "").append(member);
  return std::string_view{out}.substr(from);
}

/// A secret by its name or by its look. A bare word is all name.
bool is_hidden(const Task& task, std::string_view name, const Parameter& sent, std::string_view value) {
  if (!sent.has_value) return is_secret_shape(name);
  return is_secret(task, name, value) || is_secret_shape(value) || hides_secret(value);
}

/// Sorts the parameters of a request with a rule: held by the template, ignored, credentials, and the rest.
void collect_with_rule(const Task& task) {
  auto& decoder = task.scratch.decoder;
  decoder.begin(task.target.query);
  task.scratch.sorted.clear();
  task.scratch.sorted.reserve(task.rule->sort_values.empty() ? 0 : task.target.query.size());
  std::uint64_t held = 0;  // of which held parameters the first value was seen; the loader allows no more than 64
  for_each_parameter(task.target.query, [&](const Parameter& parameter) {
    const auto name = decoder.decoded(parameter.name), value = decoder.decoded(parameter.value);
    const auto& holds = task.compiled->held_query;
    for (std::size_t i = 0; i < holds.size(); ++i) {
      if (holds[i] != name || (held >> i & 1U) != 0) continue;
      held |= std::uint64_t{1} << i;
      return false;
    }
    if (is_ignored(task, name, parameter)) return false;
    if (names(task.upstream->credential_query, name)) {
      task.credential('q', name, value, task.shares_named() && !may_be_several(parameter));
      return false;
    }
    const bool masked = is_hidden(task, name, parameter, value);
    // An unnamed secret separates even where credentials are shared: no word of the rules says that it may be dropped.
    if (masked) task.credential('q', name, value, false);
    task.scratch.shown.push_back(
        {name, in_order(task, name, value), parameter.has_value, masked, task.scratch.shown.size()});
    return false;
  });
  if (task.scratch.shown.size() < 2) return;
  std::sort(task.scratch.shown.begin(), task.scratch.shown.end(), [](const auto& a, const auto& b) {
    const int order = a.name.compare(b.name);
    return order != 0 ? order < 0 : a.order < b.order;
  });
}

/// Without a rule nobody vouches that the order of parameters means nothing: they stay as they were sent.
void collect_without_rule(const Task& task) {
  auto& decoder = task.scratch.decoder;
  decoder.begin(task.target.query);
  for_each_parameter(task.target.query, [&](const Parameter& parameter) {
    const auto name = decoder.decoded(parameter.name);
    const bool named = task.upstream && names(task.upstream->credential_query, name);
    const bool masked = named || is_hidden(task, name, parameter, parameter.value);
    if (masked) task.credential('q', name, parameter.value, named && task.shares_named());
    task.scratch.shown.push_back({parameter.name, parameter.value, parameter.has_value, masked, 0});
    return false;
  });
}

void append_shown(const Task& task, char first) {
  auto& key = task.into.key;
  const auto append = task.compiled ? append_query_text : append_sent;
  for (const auto& parameter : task.scratch.shown) {
    key.push_back(first);
    first = '&';
    if (parameter.name.size() >= kShortestSecret && is_secret_shape(parameter.name)) {
      key += kMasked;
    } else {
      append(key, parameter.name);
    }
    if (!parameter.has_value) continue;
    key.push_back('=');
    if (parameter.masked) {
      key += kMasked;
    } else {
      append(key, parameter.value);
    }
  }
  // "/a?" and "/a" are two names; "/a?_=1" with an ignored "_" is "/a".
  if (task.scratch.shown.empty() && task.target.has_query && task.target.query.empty()) key.push_back(first);
}

void append_masked(std::span<const std::size_t> secret, std::string_view path, std::string& out) {
  const PathSegments segments{path};
  for (std::size_t i = 0; i < segments.count; ++i) {
    out.push_back('/');
    const bool hide = std::find(secret.begin(), secret.end(), i) != secret.end();
    out += hide ? kMasked : segments.items[i];
  }
}

/// The path without the segments that the rule calls secret: those are in the partition already.
void write_named_path(const Task& task, std::string& out) {
  if (!task.compiled || task.compiled->secret_segments.empty()) return append_sent(out, task.target.path);
  const std::string_view whole = task.target.path;
  const auto asked = below_origin(*task.upstream, whole);  // where there is a rule, there is an upstream
  append_sent(out, whole.substr(0, whole.size() - asked.size()));
  auto& sent = task.scratch.masked_path;
  sent.clear();
  append_sent(sent, asked);
  append_masked(task.compiled->secret_segments, sent, out);
}

/// The path with every secret segment masked; a segment masked by its look takes part in the partition.
void append_path(const Task& task, std::string& out) {
  auto& path = task.scratch.path;
  path.clear();
  write_named_path(task, path);
  auto& masked = task.scratch.masked_path;
  masked.clear();
  append_redacted(masked, path, {});
  if (masked != path) task.credential('p', "path", path, false);
  out += masked;
}

std::string_view method_name(const http::RequestHead& request) noexcept {
  return request.method == http::Method::head ? std::string_view{"GET"} : request.method_text;
}

void append_host(const Task& task) {
  auto& key = task.into.key;
  const auto& target = task.target;
  const bool bracketed = target.host.find(':') != std::string::npos;
  if (bracketed) key.push_back('[');
  key += target.host;
  if (bracketed) key.push_back(']');
  if (target.port == (target.scheme == "https" ? 443 : 80)) return;
  key.push_back(':');
  text::append_number(key, target.port);
}

void append_piece(const Task& task, const Piece& piece) {
  switch (piece.kind) {
    case Piece::Kind::literal: task.into.key += piece.text; return;
    case Piece::Kind::capture: task.into.key += piece.secret ? kMasked : task.captures.find(piece.text); return;
    case Piece::Kind::method: task.into.key += method_name(task.request); return;
    case Piece::Kind::host: append_host(task); return;
    case Piece::Kind::path: append_path(task, task.into.key); return;
    case Piece::Kind::query: append_shown(task, '?'); return;
    case Piece::Kind::rest:
      if (const auto rest = task.captures.find(kRestName); !rest.empty()) (task.into.key += '/') += rest;
      return;
  }
}

void append_key(const Task& task) {
  if (!task.compiled) {
    task.into.key += method_name(task.request);
    task.into.key.push_back(':');
    append_host(task);
    append_path(task, task.into.key);
    append_shown(task, '?');
    return;
  }
  for (const auto& piece : task.compiled->key) append_piece(task, piece);
  if (!task.compiled->whole_query) append_shown(task, '?');
}

void collect_path_secrets(const Task& task) {
  if (!task.compiled) return;
  for (const auto& item : task.captures) {
    if (names(task.upstream->credential_path, item.name)) {
      task.credential('p', item.name, item.real(), task.shares_named());
    } else if (!item.hidden.empty()) {
      task.credential('c', item.name, item.hidden, false);
    }
  }
}

/// A key beyond all reason keeps its head; the hash of the whole is keyed, so that nobody can aim for a collision.
void shorten(std::string& key, std::string_view secret) {
  if (key.size() <= kLongestKey) return;
  const auto hash = to_hex(keyed_hash(secret, key));
  constexpr std::string_view cut = "…#";
  key.resize(kLongestKey - cut.size() - hash.size());
  key += cut;
  key += hash;
}

/// Each part ends at a line feed, which none of them can hold.
void write_identity(const Task& task, std::string_view secret) {
  auto& identity = task.into.identity;
  identity.clear();
  task.scratch.partition.append_to(identity, secret);
  identity.push_back('\n');
  const auto method = method_name(task.request);
  if (method != "GET") (identity += method).push_back(' ');
  (identity += task.target.scheme).push_back('\n');
  (identity += task.target.host).push_back(':');
  text::append_number(identity, task.target.port);
  identity.push_back('\n');
  // Two rules may write the same key for different paths: each template is a space of its own.
  if (task.rule && !task.rule->key_template.empty()) (identity += task.rule->name).push_back('\n');
  if (task.compiled && task.compiled->add_path) (identity += task.scratch.identity_path).push_back('\n');
  identity += task.into.key;
}

}  // namespace

void build_key(const Verdict& verdict, const http::RequestHead& request, const http::Target& target,
               const Captures& captures, std::string_view secret, Scratch& scratch, KeyParts& into) {
  scratch.partition.clear();
  scratch.shown.clear();
  into.key.clear();
  into.has_credentials = false;
  const auto* rule = verdict.rule;
  const auto* upstream = rule ? rule->upstream : verdict.upstream;
  const Task task{upstream, rule, rule ? rule->compiled.get() : nullptr, request, target, captures, scratch, into};
  if (task.compiled) {
    collect_with_rule(task);
  } else {
    collect_without_rule(task);
  }
  collect_fields(task);
  collect_path_secrets(task);
  append_key(task);
  shorten(into.key, secret);
  if (task.compiled && task.compiled->add_path) {
    scratch.identity_path.clear();
    append_path(task, scratch.identity_path);
    shorten(scratch.identity_path, secret);
  }
  into.is_personal = !scratch.partition.empty();
  write_identity(task, secret);
  into.id = hash128(into.identity);
}

std::string masked_path(const Rule& rule, std::string_view path) {
  if (rule.compiled->secret_segments.empty()) return {};
  std::string named;
  append_masked(rule.compiled->secret_segments, path, named);
  return redact_path(named);
}

}  // namespace cachearr::rules
