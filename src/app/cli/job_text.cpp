#include "app/cli/job_text.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "app/cli/command.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int bar_width = 30;

std::string steps_of(const Json& job) {
  const auto total = shown(job.value("total", Json(0)));
  return shown(job.value("done", Json(0))) + "/" + total + (job.value("totalIsKnown", false) ? "" : "+");
}

std::string pace_of_job(const Json& job) {
  if (job.value("state", "") != "running") return {};
  std::string pace = "  " + shown(job.value("perMinute", Json(0))) + " a minute";
  const auto waits = job.value("waitsUntil", Json()), ends = job.value("endsAbout", Json());
  if (waits.is_string()) pace += ", waits until " + shown(waits);
  if (ends.is_string()) pace += ", ends about " + shown(ends);
  return pace;
}

std::string count_text(const Json& job, const char* name, const char* words) {
  const auto count = job.value(name, std::uint64_t{0});
  return count == 0 ? "" : ", " + std::to_string(count) + " " + words;
}

}  // namespace

int percent_of(const Json& job) {
  const auto total = job.value("total", std::uint64_t{0});
  if (total == 0) return 0;
  return static_cast<int>(std::min<std::uint64_t>(100, job.value("done", std::uint64_t{0}) * 100 / total));
}

std::string job_line(const Json& job) {
  const auto only = job.value("only", Json());
  auto line = "job " + shown(job.value("id", Json())) + "  " + job.value("type", "") +
              (only.is_string() ? " " + shown(only) : "") + "  " + job.value("state", "") + "  " + steps_of(job) +
              " (" + std::to_string(percent_of(job)) + " %)" + pace_of_job(job);
  if (job.value("state", "") == "running") return line;
  return line + "  " + shown(job.value("fetched", Json(0))) + " fetched" + count_text(job, "fresh", "fresh already") +
         count_text(job, "skipped", "left out") + count_text(job, "failed", "failed");
}

std::string progress_bar(const Json& job) {
  const auto percent = percent_of(job);
  const auto full = static_cast<std::size_t>(percent * bar_width / 100);
  return "[" + std::string(full, '#') + std::string(bar_width - full, '.') + "] " + steps_of(job) + "  " +
         std::to_string(percent) + " %" + pace_of_job(job);
}

}  // namespace cachearr::app
