#include "rules/load/upstream_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <unistd.h>

#include "base/ip_address.hpp"
#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "http/target.hpp"
#include "rules/load/origin_url.hpp"
#include "rules/load/warm_reader.hpp"

namespace cachearr::rules {

namespace {

std::vector<std::string> lower_texts(const Node& node) {
  auto texts = node.texts();
  for (auto& text : texts) text = text::to_lower(text);
  return texts;
}

void read_hosts(const Node& node, Upstream& into) {
  into.hosts.clear();
  if (!node.is_array() && !node.is_text()) {
    node.problem("a list of host names is expected here");
    return;
  }
  for (const auto& element : node.elements()) {
    const auto given = element.text();
    if (!given) continue;
    auto host = host_pattern(*given);
    if (!host.ok()) {
      element.problem(host.error().what);
    } else if (std::find(into.hosts.begin(), into.hosts.end(), *host) != into.hosts.end()) {
      element.problem("the host '" + *host + "' is listed twice; remove one");
    } else {
      into.hosts.push_back(std::move(*host));
    }
  }
}

void set_origin(const OriginUrl& origin, Upstream& into) {
  into.origin_scheme = origin.scheme;
  into.origin_host = origin.host;
  into.origin_port = origin.port;
  into.origin_path = origin.path;
  into.origin_authority = http::authority_of(origin.scheme, origin.host, origin.port);
  into.origin_is_private = ip::is_private_host(origin.host);
}

void read_origin(const Node& node, Upstream& into) {
  into.origin_given = false;
  set_origin({}, into);
  if (node.is_null()) return;
  const auto given = node.text();
  if (!given) return;
  auto origin = parse_origin(*given);
  if (!origin.ok()) {
    node.problem(origin.error().what);
    return;
  }
  set_origin(*origin, into);
  into.origin_given = true;
}

void read_mount(const Node& node, Upstream& into) {
  into.mount.clear();
  if (node.is_null()) return;
  const auto given = node.text();
  if (!given) return;
  const bool plain = given->size() > 1 && given->starts_with('/') && !given->ends_with('/') &&
                     given->find("//") == std::string::npos && given->find("/.") == std::string::npos &&
                     std::all_of(given->begin(), given->end(), [](char c) {
                       return c > 0x20 && c < 0x7F && std::string_view{"?#%{}*\\"}.find(c) == std::string_view::npos;
                     });
  if (!plain) {
    node.problem("a mount is a plain path such as \"/tmdb\", with no slash at its end");
    return;
  }
  into.mount = *given;
}

/// The name of a file that can be read, from `folder` on; empty where there is none.
std::string read_file_name(const Node& node, const std::string& folder) {
  if (node.is_null()) return {};
  const auto name = node.text();
  if (!name) return {};
  auto path = (std::filesystem::path{folder} / *name).lexically_normal().string();
  if (::access(path.c_str(), R_OK) != 0)
    node.problem("'" + path + "' cannot be read: " + std::generic_category().message(errno));
  return path;
}

void read_tls(const Node& node, const std::string& folder, Upstream& into) {
  if (!node.expect_object("an object such as { \"verify\": true }", {"verify", "ca_file", "server_name"})) return;
  into.tls_verify = true;
  into.tls_ca_file.clear();
  into.tls_server_name.clear();
  if (const auto verify = node.get("verify")) into.tls_verify = verify->flag().value_or(true);
  if (const auto file = node.get("ca_file")) into.tls_ca_file = read_file_name(*file, folder);
  if (const auto name = node.get("server_name"); name && !name->is_null()) {
    if (const auto text = name->text()) into.tls_server_name = text::to_lower(*text);
  }
}

/// "x-api-key", "api_key" and "apikey" are one name.
std::string bare_name(std::string_view name) {
  std::string bare{name.starts_with("x-") ? name.substr(2) : name};
  bare.erase(std::remove_if(bare.begin(), bare.end(), [](char c) { return c == '-' || c == '_'; }), bare.end());
  return bare;
}

std::vector<TwoPlaces> find_two_places(const Upstream& upstream) {
  std::vector<TwoPlaces> found;
  for (const auto& header : upstream.credential_headers) {
    const auto& parameters = upstream.credential_query;
    const auto same = std::find_if(parameters.begin(), parameters.end(), [&](const std::string& parameter) {
      return bare_name(parameter) == bare_name(header);
    });
    if (same != parameters.end()) found.push_back({header, *same});
  }
  return found;
}

void read_credentials(const Node& node, Upstream& into) {
  into.credential_query.clear();
  into.credential_headers.clear();
  into.credential_path.clear();
  into.credential_places.clear();
  into.credentials_required = false;
  into.credentials_given = !node.is_null();
  if (node.is_null()) return;
  if (!node.expect_object("an object such as { \"query\": [\"apikey\"] }", {"query", "headers", "path", "required"}))
    return;
  if (const auto required = node.get("required")) into.credentials_required = required->flag().value_or(false);
  if (const auto query = node.get("query")) into.credential_query = lower_texts(*query);
  if (const auto headers = node.get("headers")) into.credential_headers = lower_texts(*headers);
  if (const auto path = node.get("path")) into.credential_path = path->texts();
  into.credential_places = find_two_places(into);
}

void read_share(const Node& node, Upstream& into) {
  const auto word = node.word({"none", "all", "named"});
  if (!word) return;
  into.share_all = *word == 1;
  into.share_named = *word == 2;
}

void read_shared(const Node& node, Upstream& into) {
  into.shared.reset();
  if (node.is_text()) {
    node.word({"auto"});
  } else {
    into.shared = node.flag();
  }
}

std::optional<Duration> read_period(const Node& node) {
  if (node.is_text()) {
    const auto word = *node.text();
    if (word == "minute") return std::chrono::minutes{1};
    if (word == "hour") return std::chrono::hours{1};
    if (word == "day") return std::chrono::hours{24};
  }
  const auto period = node.duration();
  if (!period) return std::nullopt;
  if (*period >= std::chrono::seconds{1}) return period;
  node.problem("a quota's period is at least one second");
  return std::nullopt;
}

void read_quota(const Node& node, Rate& into) {
  if (!node.expect_object("an object such as { \"limit\": 1000, \"per\": \"day\" }",
                          {"limit", "per", "fixed", "reserve"}))
    return;
  Quota quota;
  const auto limit = node.get("limit"), per = node.get("per");
  if (!limit || !per) {
    node.problem(R"(a quota needs "limit" and "per")");
    return;
  }
  quota.limit = limit->whole(1, 1'000'000'000).value_or(1);
  quota.per = read_period(*per).value_or(std::chrono::hours{24});
  if (const auto fixed = node.get("fixed")) quota.fixed = fixed->flag().value_or(false);
  if (const auto reserve = node.get("reserve")) quota.reserve = reserve->whole(0, quota.limit).value_or(0);
  into.quotas.push_back(quota);
}

void read_rate(const Node& node, Upstream& into) {
  into.rate = {};
  if (node.is_null()) return;
  if (!node.expect_object("an object such as { \"per_second\": 20 }",
                          {"per_second", "burst", "concurrency", "max_wait", "quota", "scope", "each"})) {
    return;
  }
  auto& rate = into.rate;
  if (const auto given = node.get("per_second")) rate.per_second = given->number(0.0001, 1e6).value_or(0);
  rate.burst = static_cast<std::uint32_t>(std::max(1.0, rate.per_second));
  if (const auto given = node.get("burst"))
    rate.burst = static_cast<std::uint32_t>(given->whole(1, 1'000'000).value_or(1));
  if (const auto given = node.get("concurrency")) {
    rate.concurrency = static_cast<std::uint32_t>(given->whole(0, 100'000).value_or(0));
  }
  if (const auto given = node.get("max_wait")) rate.max_wait = given->duration().value_or(rate.max_wait);
  if (const auto scope = node.get("scope")) rate.for_address = scope->word({"credential", "address"}).value_or(0) == 1;
  if (const auto each = node.get("each")) rate.each = each->text().value_or("");
  if (const auto quotas = node.get("quota")) {
    for (const auto& quota : quotas->elements()) read_quota(quota, rate);
  }
}

void read_proxy(const Node& node, Upstream& into) {
  into.proxy.clear();
  if (node.is_null()) return;
  const auto given = node.text();
  if (!given) return;
  if (const auto wrong = problem_of_proxy(*given); !wrong.empty()) {
    node.problem(wrong);
    return;
  }
  into.proxy = *given;
}

/// An upstream's own words for "no more".
std::optional<content::LimitWords> read_limit(const Node& node) {
  if (!node.expect_object(R"(an object such as { "like": ["*limit reached*"], "pause": "1h" })",
                          {"status", "like", "pause", "scope", "until"}))
    return std::nullopt;
  content::LimitWords words;
  if (const auto status = node.get("status"); status && !status->is_null()) {
    if (const auto number = status->whole(200, 599)) words.status = static_cast<int>(*number);
  }
  if (const auto like = node.get("like")) words.like = like->texts();
  if (!words.status && words.like.empty()) node.problem(R"(a limit is told by "status", by "like" or by both)");
  if (words.status && *words.status < 400 && words.like.empty())
    node.problem("an answer with this status is a limit only where \"like\" says by which words");
  if (const auto scope = node.get("scope")) {
    if (const auto word = scope->word({content::kLimitScopeNames.begin(), content::kLimitScopeNames.end()}))
      words.scope = static_cast<content::LimitWords::Scope>(*word);
  }
  if (const auto until = node.get("until"); until && !until->is_null()) {
    words.until = until->text().value_or("");
    if (until->is_text() && !words.until.starts_with('/'))
      until->problem("a JSON pointer such as \"/reset_time_utc\" is expected here");
  }
  const auto pause = node.get("pause");
  if (!pause) node.problem("\"pause\" is missing: how long nothing is sent where the answer names no time");
  if (pause) words.pause = pause->duration().value_or(Duration{});
  return words;
}

void read_limits(const Node& node, Upstream& into) {
  into.limits.clear();
  if (node.is_null()) return;
  for (const auto& element : node.elements()) {
    if (auto words = read_limit(element)) into.limits.push_back(std::move(*words));
  }
}

void read_timeouts(const Node& node, Upstream& into) {
  into.timeouts = {};
  if (!node.expect_object("an object such as { \"connect\": \"5s\" }",
                          {"connect", "header", "idle", "upstream_header", "upstream_idle"})) {
    return;
  }
  if (const auto given = node.get("connect")) into.timeouts.connect = given->duration();
  // The configuration's names of the same limits are welcome as well.
  for (const auto name : {"upstream_header", "header"}) {
    if (const auto given = node.get(name)) into.timeouts.header = given->duration();
  }
  for (const auto name : {"upstream_idle", "idle"}) {
    if (const auto given = node.get(name)) into.timeouts.idle = given->duration();
  }
}

void read_behaviour(const Node& node, Upstream& into) {
  if (const auto mode = node.get("mode")) {
    if (const auto word = mode->word({"live", "prefer-cache", "offline"})) into.mode = static_cast<UpstreamMode>(*word);
  }
  if (const auto path_case = node.get("path_case")) {
    if (const auto word = path_case->word({"exact", "ignore"})) into.ignores_path_case = *word == 1;
  }
  if (const auto errors = node.get("errors")) {
    if (const auto word = errors->word({"problem", "newznab"})) into.errors = static_cast<ErrorStyle>(*word);
  }
  if (const auto events = node.get("events")) {
    into.events.clear();
    if (!events->is_null() && events->word({"signalr"})) into.events = "signalr";
  }
  if (const auto retries = node.get("retries"))
    into.retries = static_cast<std::uint32_t>(retries->whole(0, 10).value_or(1));
}

}  // namespace

void read_upstream(const Node& node, const std::string& folder, Upstream& into) {
  if (!node.expect_object("an object that describes the upstream",
                          {"hosts",   "origin", "mount",     "intercept", "tls",          "credentials", "share",
                           "shared",  "rate",   "proxy",     "mode",      "events",       "errors",      "timeouts",
                           "retries", "like",   "path_case", "limits",    "api_key_file", "warm"})) {
    return;
  }
  if (const auto hosts = node.get("hosts")) {
    read_hosts(*hosts, into);
    // Other hosts are elsewhere: the origin of the upstream that this one is laid over does not hold for them.
    if (!node.get("origin")) into.origin_given = false;
  }
  if (const auto origin = node.get("origin")) read_origin(*origin, into);
  if (const auto mount = node.get("mount")) read_mount(*mount, into);
  if (const auto intercept = node.get("intercept")) into.intercept = intercept->flag().value_or(false);
  if (const auto tls = node.get("tls")) read_tls(*tls, folder, into);
  if (const auto credentials = node.get("credentials")) read_credentials(*credentials, into);
  if (const auto share = node.get("share")) read_share(*share, into);
  if (const auto shared = node.get("shared")) read_shared(*shared, into);
  if (const auto rate = node.get("rate")) read_rate(*rate, into);
  if (const auto limits = node.get("limits")) read_limits(*limits, into);
  if (const auto warm = node.get("warm")) read_warm(*warm, into);
  if (const auto file = node.get("api_key_file")) into.api_key_file = read_file_name(*file, folder);
  if (const auto proxy = node.get("proxy")) read_proxy(*proxy, into);
  if (const auto timeouts = node.get("timeouts")) read_timeouts(*timeouts, into);
  read_behaviour(node, into);
}

void complete_origin(Upstream& upstream) {
  if (upstream.origin_given) return;
  set_origin({}, upstream);
  for (const auto& host : upstream.hosts) {
    if (host.starts_with("*.")) continue;
    set_origin({"https", host, 443, {}}, upstream);
    return;
  }
}

}  // namespace cachearr::rules
