// The groups of calls, each in a unit of its own; Api lists them. What they are given must outlive the router.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "admin/api.hpp"

namespace cachearr::admin {

inline constexpr std::string_view kMetricsPath = "/metrics";

void add_system_calls(Router& router, Instance& instance);  // ping, health, status
void add_metrics_call(Router& router, Instance& instance, const ApiCounters& counters);
void add_authority_calls(Router& router, Instance& instance);   // the certificate, and how to trust it
void add_pac_call(Router& router, Instance& instance);          // how browsers find the proxy
void add_rules_calls(Router& router, Instance& instance);       // rules, validate, reload
void add_rule_files_calls(Router& router, Instance& instance);  // the user's own files: list, read, write, remove
void add_logs_call(Router& router);                             // the last lines of the log
void add_refresh_call(Router& router, Instance& instance);      // one key, fetched anew
void add_rule_test_call(Router& router, Instance& instance);    // a verdict on a request and an answer
void add_upstreams_call(Router& router, Instance& instance);
void add_notification_calls(Router& router, Instance& instance);
void add_explain_call(Router& router, Instance& instance);
void add_key_calls(Router& router, Instance& instance, ApiCounters& counters);   // one key: value, ttl, expire
void add_keys_calls(Router& router, Instance& instance, ApiCounters& counters);  // many: list, mget, purge
void add_history_calls(Router& router, Instance& instance);                      // history, summary
void add_alerts_call(Router& router, Instance& instance);
void add_shared_call(Router& router, Instance& instance);

class Login;
void add_web_calls(Router& router, Instance& instance);  // the page for people and its files
void add_login_calls(Router& router, Instance& instance, Login& login);
void add_openapi_call(Router& router, Instance& instance);  // of all calls that the router has when it is asked
void add_savings_call(Router& router, Instance& instance);
void add_key_lists_calls(Router& router, Instance& instance);  // low-hit-rate, top, expiring
void add_jobs_calls(Router& router, Instance& instance);       // warm-ups, prefetch
void add_rehearsal_call(Router& router, Instance& instance);   // what a draft of rules would have changed
void add_backup_calls(Router& router, Instance& instance);     // export, import
void add_optimizer_calls(Router& router, Instance& instance);
void add_webhook_call(Router& router, Instance& instance, ApiCounters& counters, RequestFeed& feed);
void add_requests_calls(Router& router, Instance& instance, RequestFeed& feed);  // requests, events, clients

/// JSON that goes out whatever bytes its texts hold.
Answer json_answer(const nlohmann::ordered_json& data, int status = 200);

}  // namespace cachearr::admin
