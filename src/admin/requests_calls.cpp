// Calls about what just happened: the last requests, requests as they end, and the clients that ask.
#include <map>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/recorded_json.hpp"
#include "admin/request_feed.hpp"
#include "admin/request_filter.hpp"
#include "base/text.hpp"
#include "client/request_reader.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kUsualLimit = 100;

Result<std::size_t, Answer> read_limit(const Call& call) {
  constexpr auto most = client::RequestReader::kMost;
  if (!call.has_value("limit")) return kUsualLimit;
  const auto limit = text::parse_unsigned(call.parameter("limit"));
  if (!limit || *limit == 0 || *limit > most)
    return problem(400, "limit is a number from 1 to " + std::to_string(most));
  return static_cast<std::size_t>(*limit);
}

Answer last_requests(Instance& instance, const Call& call) {
  const auto filter = read_filter(call);
  if (!filter) return filter.error();
  const auto limit = read_limit(call);
  if (!limit) return limit.error();
  const auto batch = client::RequestReader{instance.proxy().journals()}.read();
  Json list = Json::array();
  for (auto at = batch.requests.rbegin(); at != batch.requests.rend() && list.size() < *limit; ++at)
    if (matches(*filter, *at)) list.push_back(recorded_json(*at));
  return json_answer({{"requests", std::move(list)}});
}

Answer clients(Instance& instance) {
  std::map<std::string, std::vector<std::string>> untouched;
  for (auto& bypassed : instance.proxy().intercept_bypass().list(instance.clock().now()))
    untouched[bypassed.client].push_back(std::move(bypassed.host));
  Json list = Json::array();
  for (const auto& seen : client::seen_clients(instance.proxy().journals()))
    list.push_back(client_json(seen, untouched[ip::to_string(seen.address)]));
  return json_answer({{"clients", std::move(list)}});
}

/// The last request that a listener has seen: what it sends when it comes back, or what it asks for at first.
std::string_view last_seen_id(const Call& call) {
  const auto* const sent = call.head->fields.find("Last-Event-ID");
  return sent ? text::trim(sent->value) : call.parameter("last_event_id");
}

Answer events(RequestFeed& feed, const Call& call) {
  auto filter = read_filter(call);
  if (!filter) return filter.error();
  const auto last = last_seen_id(call);
  const auto after = text::parse_unsigned(last);
  if (!last.empty() && !after) return problem(400, "Last-Event-ID is the id of an event that was sent here");
  Answer answer;
  answer.content_type = "text/event-stream";
  answer.stream = feed.listen(std::move(*filter), after);
  if (answer.stream) return answer;
  answer = problem(503, "too many listen already; at most " + std::to_string(RequestFeed::kMostListeners) + " may");
  answer.fields = "Retry-After: 30\r\n";
  return answer;
}

}  // namespace

void add_requests_calls(Router& router, Instance& instance, RequestFeed& feed) {
  using http::Method;
  const std::vector<ParameterDoc> filters{{"upstream", ""},
                                          {"result", "hit, miss, stale, …"},
                                          {"client", "address"},
                                          {"text", "in URL, key, rule or agent"}};
  auto with_limit = filters;
  with_limit.push_back({"limit", "1 to 2000"});
  auto with_id = filters;
  with_id.push_back({"last_event_id", "go on behind it, as the field Last-Event-ID"});
  router.add({Method::get,
              "/api/v1/requests",
              {},
              [&](const Call& call) { return last_requests(instance, call); },
              Runs::in_pool,
              {.summary = "the last requests and how they were decided, newest first",
               .parameters = std::move(with_limit),
               .answer = "Requests"}});
  router.add({Method::get,
              "/api/v1/clients",
              {},
              [&](const Call&) { return clients(instance); },
              Runs::in_pool,
              {.summary = "who asks, how, and with what success", .answer = "Clients"}});
  auto listen = [&feed](const Call& call) { return events(feed, call); };
  router.add({Method::get,
              "/api/v1/events",
              {},
              std::move(listen),
              Runs::on_loop,
              {.summary = "requests as they end, as server-sent events",
               .parameters = std::move(with_id),
               .answer = "text/event-stream",
               .failures = {503}}});
}

}  // namespace cachearr::admin
