#include "admin/api.hpp"

#include <exception>

#include "admin/calls.hpp"
#include "base/log.hpp"
#include "http/target.hpp"

namespace cachearr::admin {

namespace {

constexpr std::uint64_t kJsonLimit = 1024 * 1024;

Answer refuse(const Denied& denied) {
  auto answer = problem(denied.status, denied.detail);
  if (denied.status == 401) answer.fields = "WWW-Authenticate: Bearer realm=\"cachearr\"\r\n";
  return answer;
}

bool has_body(const http::Framing& framing) {
  using Body = http::Framing::Body;
  return framing.body == Body::chunked || (framing.body == Body::length && framing.length > 0);
}

/// /metrics is open unless the configuration closes it; everything else as the table says.
Needs needs_of(const Route& route, const AdminConfig& config) {
  auto needs = route.needs;
  if (route.pattern == kMetricsPath && !config.open_metrics) needs.access = Access::key;
  return needs;
}

/// The path below admin.url_base; none: it is the base itself without its slash. A path elsewhere stays what it is, as
/// monitors on the same machine need not know of the base.
std::optional<std::string_view> below_base(std::string_view path, std::string_view base) {
  if (base.empty() || !path.starts_with(base)) return path;
  const auto rest = path.substr(base.size());
  if (rest.empty()) return std::nullopt;
  return rest.front() == '/' ? rest : path;
}

Answer redirect(const std::string& to) {
  auto answer = problem(308, "the page is at " + to);
  answer.fields = "Location: " + to + "\r\n";
  return answer;
}

Answer refuse_unknown(const std::string& allow) {
  if (allow.empty()) return problem(404, "there is no such call");
  auto answer = problem(405, "this call wants another method: " + allow);
  answer.fields = "Allow: " + allow + "\r\n";
  return answer;
}

}  // namespace

Api::Api(Instance& instance) : instance_{instance} {
  add_system_calls(router_, instance_);
  add_metrics_call(router_, instance_, counters_);
  add_authority_calls(router_, instance_);
  add_pac_call(router_, instance_);
  add_rules_calls(router_, instance_);
  add_rule_files_calls(router_, instance_);
  add_logs_call(router_);
  add_refresh_call(router_, instance_);
  add_upstreams_call(router_, instance_);
  add_notification_calls(router_, instance_);
  add_explain_call(router_, instance_);
  add_rule_test_call(router_, instance_);
  add_key_calls(router_, instance_, counters_);
  add_keys_calls(router_, instance_, counters_);
  add_openapi_call(router_, instance_);
  add_history_calls(router_, instance_);
  add_shared_call(router_, instance_);
  add_alerts_call(router_, instance_);
  add_savings_call(router_, instance_);
  add_key_lists_calls(router_, instance_);
  add_optimizer_calls(router_, instance_);
  add_jobs_calls(router_, instance_);
  add_backup_calls(router_, instance_);
  add_rehearsal_call(router_, instance_);
  add_requests_calls(router_, instance_, feed_);
  add_web_calls(router_, instance_);
  add_login_calls(router_, instance_, login_);
  add_webhook_call(router_, instance_, counters_, feed_);
}

Result<Api::LetInBy, Denied> Api::check_caller(const http::RequestHead& head, const Call& call,
                                               const AdminConfig& config, Needs needs) const {
  const AccessPolicy policy{instance_.api_key(), config.hosts};
  const auto denied = check_key(policy, head.fields, call.parameter("apikey"), needs.access);
  if (!denied) return LetInBy::key;
  if (needs.access == Access::open) return LetInBy::browser;
  const bool trusted = needs.access != Access::proven && config.login == LoginOf::strangers &&
                       ip::is_private(call.peer) && !is_handed_on(head.fields);
  if (!trusted && !login_.is_open(session_in(head.fields.value(http::FieldId::cookie)), config.password))
    return *denied;
  if (needs.effect == Effect::none) return LetInBy::browser;
  if (const auto foreign = check_own_page(head.fields)) return *foreign;
  return LetInBy::browser;
}

Result<Api::Admitted, Answer> Api::admit(const http::RequestHead& head, const http::Framing& framing, bool local,
                                         const ip::Address& peer) const {
  http::Target target;
  const auto read = http::read_target(head, "http", target);
  if (!read) return problem(400, read.error().what);
  const auto snapshot = instance_.snapshot();
  const auto& config = snapshot->settings->config;
  const AccessPolicy policy{instance_.api_key(), config.admin.hosts};
  if (const auto denied = check_host(policy, target.host, target.port); denied && !local) return refuse(*denied);

  Admitted admitted;
  const auto path = below_base(target.path, config.admin.url_base);
  if (!path) return redirect(config.admin.url_base + "/");
  auto match = router_.find(head.method, *path);
  admitted.call.query = read_query(target.query);
  admitted.call.peer = peer;
  const auto needs = match.route ? needs_of(*match.route, config.admin) : Needs{};
  const auto caller = local ? LetInBy::key : check_caller(head, admitted.call, config.admin, needs);
  if (!caller) return refuse(caller.error());
  if (!match.route) return refuse_unknown(match.allow);
  if (needs.effect != Effect::none) {
    if (const auto denied = check_site(head.fields); denied && !local) return refuse(*denied);
    // Who shows the key may leave it out, as "curl -T" does.
    const bool says = *caller == LetInBy::browser || head.fields.has(http::FieldId::content_type);
    const auto denied = check_content_type(head.fields, needs.effect, says && has_body(framing));
    if (denied) return refuse(*denied);
  }
  admitted.route = match.route;
  admitted.call.head = &head;
  admitted.call.method = match.route->method;
  admitted.call.captures = std::move(match.captures);
  const auto by_effect = needs.effect == Effect::any_body ? config.limits.max_object_bytes : kJsonLimit;
  admitted.body_limit = needs.longest_body > 0 ? needs.longest_body : by_effect;
  if (framing.length > admitted.body_limit) return problem(413, "the body is larger than this call takes");
  return admitted;
}

Answer Api::run(Admitted& admitted, std::string_view body, const std::stop_token& stop) const {
  admitted.call.body = body;
  admitted.call.stop = stop;
  try {
    return admitted.route->handler(admitted.call);
  } catch (const std::exception& failure) {
    log::error("admin call " + admitted.route->pattern + " failed: " + failure.what());
    return problem(500, "the call failed; the log says why");
  }
}

}  // namespace cachearr::admin
