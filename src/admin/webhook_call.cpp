// The applications' own Connect webhooks: what they say has changed is not served any longer.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/key_values.hpp"
#include "base/iso_time.hpp"
#include "base/log.hpp"
#include "upkeep/webhook/webhook.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

struct WebhookCall {
  Instance& instance;
  ApiCounters& counters;
  RequestFeed& feed;
};

/// To the log, and to who listens to the stream of events.
void tell(const WebhookCall& webhooks, const std::string& upstream, const Json& outcome) {
  log::info("webhook of " + upstream + ": " + outcome["event"].get<std::string>() + ", " + outcome["purged"].dump() +
            " answers invalidated, " + outcome["refreshing"].dump() + " asked for again");
  auto told = outcome;
  told["upstream"] = upstream;
  told["time"] = iso_time(webhooks.instance.clock().now());
  webhooks.feed.tell("webhook", upstream, told.dump());
}

Answer take_call(const WebhookCall& webhooks, const Call& call) {
  auto& instance = webhooks.instance;
  const auto& name = call.captures.at(0);
  const auto snapshot = instance.snapshot();
  const auto* const upstream = snapshot->rules->upstream_named(name);
  if (!upstream) return problem(404, "no rule names an upstream like this; GET /api/v1/upstreams lists them");
  const auto message = upkeep::read_webhook(call.body);
  if (!message) return problem(400, message.error().what);
  const auto event = upkeep::webhook_label(message->event);
  const auto workers = instance.proxy().fetch_contexts();
  const auto outcome =
      upkeep::take_webhook(*message, snapshot, *upstream, {instance.store(), instance.proxy().request_book(), workers});
  webhooks.counters.webhooks.count(upstream->name, event);
  if (!outcome) return not_for_good(outcome.error());
  webhooks.counters.invalidations += outcome->invalidations;
  const Json told{{"event", event}, {"purged", outcome->purged}, {"refreshing", outcome->refreshing}};
  tell(webhooks, upstream->name, told);
  return json_answer(told);
}

}  // namespace

void add_webhook_call(Router& router, Instance& instance, ApiCounters& counters, RequestFeed& feed) {
  auto run = [webhooks = WebhookCall{instance, counters, feed}](const Call& call) { return take_call(webhooks, call); };
  router.add(
      {http::Method::post,
       "/api/v1/webhook/{}",
       {Access::key_or_password, Effect::message},
       std::move(run),
       Runs::in_pool,
       {.summary = "what Sonarr, Radarr, Lidarr, Prowlarr, Jellyfin or Seerr tell by their webhooks; the key may "
                   "come as the password of Basic",
        .answer = "WebhookTaken",
        .body = "Webhook",
        .failures = {404},
        .captures = {"upstream"}}});
}

}  // namespace cachearr::admin
