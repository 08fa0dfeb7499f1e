#include "client/request_text.hpp"

#include "base/hash.hpp"
#include "base/redact.hpp"
#include "rules/below_origin.hpp"

namespace cachearr::client {

namespace {

/// `masked` holds what the facts point to.
LogFacts facts_of(const pipeline::RequestContext& context, std::string& masked) {
  const auto& request = context.head();
  const auto& route = context.route;
  LogFacts facts;
  facts.method = request.method_text;
  if (request.method != http::Method::connect) facts.scheme = route.target.scheme;
  facts.authority = route.host_field;
  facts.path = route.target.path;
  facts.query = route.target.query;
  if (const auto* const upstream = context.verdict.upstream) {
    facts.upstream = upstream->name;
    facts.secrets = upstream->credential_query;
  }
  if (const auto* const rule = context.verdict.rule) {
    facts.rule = rule->name;
    const auto asked = rules::below_origin(*context.verdict.upstream, route.target.path);
    masked = rules::masked_path(*rule, asked);
    if (!masked.empty()) {
      masked.insert(0, route.target.path, 0, route.target.path.size() - asked.size());
      facts.path = masked;
    }
  }
  facts.key = context.key.key;
  return facts;
}

/// An identity begins with its partition, which is "-" where there is none.
std::uint64_t partition_of(std::string_view identity) noexcept {
  const auto partition = identity.substr(0, identity.find('\n'));
  return partition.empty() || partition == "-" ? 0 : hash128(partition).low;
}

void add_texts(const pipeline::RequestContext& context, const LogFacts& facts, rules::SecretMemo& secrets,
               RequestText& into) {
  auto& shown = into.shown;
  shown.clear();
  shown.add(ShownTexts::method, facts.method);
  shown.add(ShownTexts::url, facts.url);
  into.url.clear();
  secrets.append_redacted_value(into.url, context.head().fields.value(http::FieldId::user_agent));
  shown.add(ShownTexts::user_agent, into.url);
  shown.add(ShownTexts::upstream, facts.upstream);
  shown.add(ShownTexts::rule, facts.rule);
  shown.add(ShownTexts::type, context.verdict.rule ? std::string_view{context.verdict.rule->type} : std::string_view{});
  shown.add(ShownTexts::key, facts.key);
}

}  // namespace

void describe(const pipeline::RequestContext& context, const pipeline::ConnectionInfo& connection,
              rules::SecretMemo& secrets, RequestText& into) {
  std::string masked;
  auto facts = facts_of(context, masked);
  into.url.clear();
  append_shown_url(into.url, facts);
  facts.url = into.url;
  AccessLog::format_request(facts, into.log);
  into.way = way_of(context, connection);
  into.partition = partition_of(context.key.identity);
  add_texts(context, facts, secrets, into);
}

void append_shown_fields(std::string& out, const pipeline::RequestContext& context, rules::SecretMemo& secrets) {
  const auto* const upstream = context.verdict.upstream;
  for (const auto& field : context.head().fields) {
    out.append(field.name).append(": ");
    if (secrets.is_field(field.name) || rules::names_field(upstream, field.name)) {
      out += "***";
    } else {
      secrets.append_redacted_value(out, field.value);
    }
    out += '\n';
  }
}

}  // namespace cachearr::client
