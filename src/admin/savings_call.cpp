// GET /api/v1/savings: upstream calls, bytes, quota units and seconds that the cache has saved.
#include "admin/calls.hpp"
#include "admin/parameters.hpp"
#include "admin/savings_json.hpp"
#include "upkeep/savings_ledger.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using upkeep::Saved;

constexpr NumberRange kDays{1, upkeep::SavingsLedger::kKeptDays, 30};

Json sums_json(std::string_view what, const std::vector<std::pair<std::string, Saved>>& sums) {
  Json list = Json::array();
  for (const auto& [name, saved] : sums) {
    Json row = {{std::string{what}, name}};
    list.push_back(add_saved(row, saved));
  }
  return list;
}

Answer savings(Instance& instance, const Call& call) {
  const auto days = number_parameter(call, "days", kDays);
  if (!days) return days.error();
  const auto report = instance.savings().report(static_cast<std::int64_t>(*days));
  Json by_day = Json::array();
  for (const auto& [day, saved] : report.days) {
    Json row = {{"date", upkeep::date_of(day)}};
    by_day.push_back(add_saved(row, saved));
  }
  Json total = Json::object();
  return json_answer({{"days", std::move(by_day)},
                      {"upstreams", sums_json("upstream", report.upstreams)},
                      {"clients", sums_json("client", report.clients)},
                      {"total", add_saved(total, report.total)}});
}

}  // namespace

void add_savings_call(Router& router, Instance& instance) {
  router.add({http::Method::get,
              "/api/v1/savings",
              {},
              [&instance](const Call& call) { return savings(instance, call); },
              Runs::in_pool,
              {.summary = "upstream calls, bytes, quota units and seconds that were saved",
               .parameters = {{"days", "1 to 90; 30 where it is left out"}},
               .answer = "Savings"}});
}

}  // namespace cachearr::admin
