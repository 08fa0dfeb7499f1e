// The channels for notifications: which there are, how they do, and a test message to one.
#include <chrono>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "base/iso_time.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

Json last_json(const std::optional<upkeep::LastSent>& last) {
  if (!last) return nullptr;
  return {{"at", iso_time(last->at)},
          {"event", last->event},
          {"ok", last->ok},
          {"error", last->ok ? Json(nullptr) : Json(last->error)}};
}

Json channel_json(const upkeep::ChannelStatus& channel) {
  return {{"name", channel.name},       {"type", upkeep::name_of(channel.type)},
          {"host", channel.host},       {"events", channel.events},
          {"waiting", channel.waiting}, {"tries", channel.tries},
          {"lost", channel.lost},       {"lastResult", last_json(channel.last)}};
}

Answer list_channels(Instance& instance) {
  Json list = Json::array();
  for (const auto& channel : instance.notifier().status()) list.push_back(channel_json(channel));
  return json_answer({{"notifications", std::move(list)}});
}

/// Whoever waits for a service holds a thread of the pool: one at a time, so that silent services take no others.
Answer another_is_under_way() {
  const auto pause = std::chrono::ceil<std::chrono::seconds>(upkeep::Notifier::kTestLasts).count();
  auto answer = problem(503, "another test message is under way; it ends within " + std::to_string(pause) + " s");
  answer.fields = "Retry-After: " + std::to_string(pause) + "\r\n";
  return answer;
}

Answer test_channel(Instance& instance, const std::string& name) {
  using NoTest = upkeep::Notifier::NoTest;
  const auto result = instance.notifier().test(name);
  if (!result && result.error() == NoTest::busy) return another_is_under_way();
  if (!result) return problem(404, "there is no channel of this name; GET /api/v1/notifications lists them");
  const auto& sent = result.value();
  if (sent.ok) return json_answer({{"name", name}, {"ok", true}});
  return problem(
      502, (sent.partly ? "the test message was not delivered to all: " : "the test message was not delivered: ") +
               sent.error);
}

}  // namespace

void add_notification_calls(Router& router, Instance& instance) {
  using http::Method;
  constexpr Needs changes{Access::key, Effect::json};
  router.add({Method::get,
              "/api/v1/notifications",
              {},
              [&instance](const Call&) { return list_channels(instance); },
              Runs::in_pool,
              {.summary = "channels and how their last message went", .answer = "Notifications"}});
  router.add({Method::post,
              "/api/v1/notifications/{}/test",
              changes,
              [&instance](const Call& call) { return test_channel(instance, call.captures.at(0)); },
              Runs::in_pool,
              {.summary = "sends a test message now",
               .answer = "ChannelTested",
               .body = "Nothing",
               .failures = {404, 502, 503},
               .captures = {"name"}}});
}

}  // namespace cachearr::admin
