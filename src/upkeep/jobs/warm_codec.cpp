// Warm-ups as bytes for the store: the plan once, how far it has come ever again.
#include <algorithm>

#include "limit/state_codec.hpp"
#include "upkeep/jobs/warm_job.hpp"

namespace cachearr::upkeep {

namespace {

using limit::StateReader;
using limit::StateWriter;

constexpr std::uint64_t kWarmFormat = 1;
constexpr std::uint64_t kMostPatterns = 10'000;

void write_wish(StateWriter& to, const WarmWish& wish) {
  to.text(wish.type);
  to.text(wish.id);
  to.number(wish.patterns.size());
  for (const auto& pattern : wish.patterns) to.text(pattern);
}

WarmWish read_wish(StateReader& from) {
  WarmWish wish;
  wish.type = from.text();
  wish.id = from.text();
  const auto patterns = std::min(from.number(), kMostPatterns);
  for (std::uint64_t i = 0; i < patterns && from.ok(); ++i) wish.patterns.emplace_back(from.text());
  return wish;
}

}  // namespace

std::string encode_job(const WarmJob& job) {
  StateWriter to;
  to.number(kWarmFormat);
  to.number(job.id);
  write_wish(to, job.wish);
  to.text(job.cause);
  to.number(static_cast<std::uint64_t>(job.state));
  to.time(job.began);
  to.number(job.ended ? 1 : 0);
  to.time(job.ended.value_or(TimePoint{}));
  for (const auto count : {job.fetched, job.fresh, job.left_out, job.failed, job.total}) to.number(count);
  to.number(job.total_is_known ? 1 : 0);
  to.text(job.problem);
  return to.take();
}

std::optional<WarmJob> decode_job(std::string_view bytes) {
  StateReader from{bytes};
  WarmJob job;
  if (from.number() != kWarmFormat) return std::nullopt;
  job.id = from.number();
  job.wish = read_wish(from);
  job.cause = from.text();
  const auto state = from.number();
  job.began = from.time();
  const bool ended = from.number() != 0;
  const auto at = from.time();
  if (ended) job.ended = at;
  for (auto* const count : {&job.fetched, &job.fresh, &job.left_out, &job.failed, &job.total}) *count = from.number();
  job.total_is_known = from.number() != 0;
  job.problem = from.text();
  if (!from.ok() || !from.at_end() || state > static_cast<std::uint64_t>(WarmJob::State::cancelled))
    return std::nullopt;
  job.state = static_cast<WarmJob::State>(state);
  return job;
}

std::string WarmRun::encode_plan() const {
  StateWriter to;
  to.number(kWarmFormat);
  to.number(lanes_.size());
  for (const auto& each : lanes_) {
    to.text(each.upstream);
    to.number(each.items.size());
    for (const auto& item : each.items) to.text(item.target);
  }
  return to.take();
}

std::string WarmRun::encode_progress() const {
  StateWriter to;
  to.number(kWarmFormat);
  to.number(lacks_list_ ? 1 : 0);
  for (const auto& each : lanes_) to.number(each.next);
  return to.take();
}

std::optional<WarmRun> WarmRun::restore(WarmJob job, std::string_view plan, std::string_view progress) {
  StateReader from{plan}, at{progress};
  if (from.number() != kWarmFormat || at.number() != kWarmFormat) return std::nullopt;
  const auto began = job.began;
  WarmRun run{WarmJob{}, WarmPlan{}};
  run.job_ = std::move(job);
  run.job_.total_is_known = true;
  run.lacks_list_ = at.number() != 0;
  const auto lanes = from.number();
  for (std::uint64_t i = 0; i < lanes && from.ok() && at.ok(); ++i) {
    auto& each = run.lane(std::string{from.text()});
    const auto items = from.number();
    for (std::uint64_t n = 0; n < items && from.ok(); ++n) each.items.push_back({std::string{from.text()}, {}});
    each.next = static_cast<std::size_t>(std::min<std::uint64_t>(at.number(), each.items.size()));
  }
  if (!from.ok() || !from.at_end() || !at.ok() || !at.at_end()) return std::nullopt;
  run.settle(began);
  return run;
}

}  // namespace cachearr::upkeep
