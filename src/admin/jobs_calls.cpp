// Warm-ups and prefetch: begins a warm-up, tells how those that run and ran go, ends one.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/request_json.hpp"
#include "base/iso_time.hpp"
#include "base/text.hpp"
#include "upkeep/jobs/prefetcher.hpp"
#include "upkeep/jobs/warm_ups.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using upkeep::WarmStatus;

constexpr std::size_t kLongestId = 64;

Json time_or_null(const std::optional<TimePoint>& at) { return at ? Json(iso_time(*at)) : Json(nullptr); }

Json job_json(const WarmStatus& status) {
  const auto& job = status.job;
  return {{"id", job.id},
          {"type", job.wish.type},
          {"only", job.wish.id.empty() ? Json(nullptr) : Json(job.wish.id)},
          {"cause", job.cause},
          {"state", name_of(job.state)},
          {"began", iso_time(job.began)},
          {"ended", time_or_null(job.ended)},
          {"done", job.done()},
          {"total", job.total},
          {"totalIsKnown", job.total_is_known},
          {"fetched", job.fetched},
          {"fresh", job.fresh},
          {"skipped", job.left_out},
          {"failed", job.failed},
          {"perMinute", std::round(status.per_minute * 10) / 10},
          {"endsAbout", time_or_null(status.ends_about)},
          {"waitsUntil", time_or_null(job.waits_until)},
          {"problem", job.problem.empty() ? Json(nullptr) : Json(job.problem)}};
}

Json worths_json(const upkeep::PrefetchWorths& worths, TimePoint now) {
  Json list = Json::array();
  for (const auto& [name, worth] : worths)
    list.push_back({{"upstream", name.first},
                    {"rule", name.second},
                    {"useful", worth.useful()},
                    {"useless", worth.useless()},
                    {"endedUntil", worth.is_ended(now) ? time_or_null(worth.ended_until()) : Json(nullptr)}});
  return list;
}

Json prefetch_json(const upkeep::PrefetchStatus& status, TimePoint now) {
  return {{"rounds", status.rounds},           {"lastRound", time_or_null(status.last_round)},
          {"taken", status.last_taken},        {"unasked", status.last.unasked},
          {"seldom", status.last.seldom},      {"unknown", status.last.unknown},
          {"notWorth", status.last.not_worth}, {"beyond", status.last.beyond},
          {"watched", status.watched},         {"rules", worths_json(status.worths, now)}};
}

Answer list_jobs(Instance& instance, const Call&) {
  Json list = Json::array();
  for (const auto& status : instance.warm_ups().all()) list.push_back(job_json(status));
  return json_answer(
      {{"jobs", std::move(list)}, {"prefetch", prefetch_json(instance.prefetcher().status(), instance.clock().now())}});
}

Answer no_such_job() { return problem(404, "there is no such job; GET /api/v1/jobs lists the last ones"); }

Answer show_job(Instance& instance, const Call& call) {
  const auto id = text::parse_unsigned(call.captures.at(0));
  const auto status = id ? instance.warm_ups().find(*id) : std::nullopt;
  return status ? json_answer({{"job", job_json(*status)}}) : no_such_job();
}

Answer cancel_job(Instance& instance, const Call& call) {
  const auto id = text::parse_unsigned(call.captures.at(0));
  const auto status = id ? instance.warm_ups().cancel(*id) : std::nullopt;
  return status ? json_answer({{"job", job_json(*status)}}) : no_such_job();
}

/// A number or a short text without anything that ends a line.
std::optional<std::string> id_of(const nlohmann::json& value) {
  if (value.is_number_unsigned()) return value.dump();
  if (!value.is_string()) return std::nullopt;
  const auto& id = value.get_ref<const std::string&>();
  const bool visible = std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  return !id.empty() && id.size() <= kLongestId && visible ? std::optional{id} : std::nullopt;
}

Result<upkeep::WarmWish, Answer> read_wish(const nlohmann::json& body) {
  upkeep::WarmWish wish;
  for (const auto& [name, value] : body.items()) {
    if (name == "type") {
      if (!value.is_string() || !upkeep::is_warm_type(value.get_ref<const std::string&>()))
        return problem(400,
                       "\"type\" is all, series, episodes, metadata, indexers, quality-profiles or custom-formats");
      wish.type = value.get<std::string>();
    } else if (name == "id") {
      if (value.is_null()) continue;
      const auto id = id_of(value);
      if (!id) return problem(400, "\"id\" is the number of one element, as the application counts them");
      wish.id = *id;
    } else {
      return problem(400, "\"" + name + "\" is not known here; say {\"type\": \"series\", \"id\": 5}");
    }
  }
  return wish;
}

Answer warm_up(Instance& instance, const Call& call) {
  const auto body = read_object(call);
  if (!body) return body.error();
  auto wish = read_wish(*body);
  if (!wish) return wish.error();
  const auto begun = instance.warm_ups().begin(*std::move(wish), "request");
  return json_answer({{"job", job_json(begun.status)}, {"started", begun.is_new}});
}

}  // namespace

void add_jobs_calls(Router& router, Instance& instance) {
  using http::Method;
  const auto add = [&](Method method, std::string pattern, Effect effect, Answer (*handler)(Instance&, const Call&),
                       CallDoc doc) {
    auto run = [&instance, handler](const Call& call) { return handler(instance, call); };
    router.add({method, std::move(pattern), {Access::key, effect}, std::move(run), Runs::in_pool, std::move(doc)});
  };
  add(Method::post, "/api/v1/warmup", Effect::json, warm_up,
      {.summary = "begins a warm-up, or tells of the one of this type that runs",
       .answer = "WarmUp",
       .body = "WarmWish"});
  add(Method::get, "/api/v1/jobs", Effect::none, list_jobs,
      {.summary = "warm-ups that run and the last ones; how prefetch goes", .answer = "Jobs"});
  add(Method::get, "/api/v1/jobs/{}", Effect::none, show_job,
      {.summary = "one warm-up", .answer = "JobAnswer", .failures = {404}, .captures = {"id"}});
  add(Method::delete_, "/api/v1/jobs/{}", Effect::json, cancel_job,
      {.summary = "ends a warm-up", .answer = "JobAnswer", .failures = {404}, .captures = {"id"}});
}

}  // namespace cachearr::admin
