// What a simulation has come to.
#include <cstdio>

#include "bench/shared_sim/fleet.hpp"

namespace cachearr::sim {

namespace {

constexpr double kReadsASecond = 0.5;  // of the stream, by an instance to which nobody tells anything
constexpr std::size_t kSamples = 1'000, kRecordBytes = 1'224, kNewsBytes = 96;

double each(std::uint64_t count, std::uint64_t of) {
  return of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of);
}

void line(const char* what, double value, const char* unit) { std::printf("  %-44s %14.3f %s\n", what, value, unit); }

}  // namespace

std::uint64_t Fleet::memory_of(const std::string& key) {
  return static_cast<std::uint64_t>(redis_.call({"MEMORY", "USAGE", key, "SAMPLES", "0"}).to_number());
}

/// What a lane, a record and a message take in the server that was used.
void Fleet::measure_sizes() {
  script_commands_ = world_.draws + world_.beats + world_.merges;
  for (const auto& key : world_.keys) lane_bytes_ += memory_of(key);
  const std::string record(kRecordBytes, 'r');
  for (std::size_t i = 0; i < kSamples; ++i) {
    const auto key = "sim:r1:{0123456789abcdef0123456789" + std::to_string(100'000 + i) + "}";
    redis_.call({"SET", key, record, "PX", "600000"});
    record_bytes_ += memory_of(key);
    redis_.call({"XADD", "sim:i1:{news}", "*", "n", std::to_string(i), "by", "instance-1a2b", "what",
                 std::string(kNewsBytes, 's')});
  }
  record_bytes_ /= kSamples;
  news_bytes_ = memory_of("sim:i1:{news}") / kSamples;
}

void Fleet::report() const {
  const Duration time = Duration{100} * static_cast<std::int64_t>(tick_);
  const auto seconds = static_cast<double>(time.count()) / 1000;
  const auto idle_reads = static_cast<std::uint64_t>(seconds * kReadsASecond * static_cast<double>(nodes_.size()));
  const auto commands = script_commands_ + counts_.looked_up + counts_.locks + counts_.stored + counts_.purges +
                        counts_.news + idle_reads;
  std::printf("%zu instances, %llu requests, %.0f s of virtual time, %llu cut off, %llu lost states\n", nodes_.size(),
              static_cast<unsigned long long>(counts_.requests), seconds, static_cast<unsigned long long>(counts_.cuts),
              static_cast<unsigned long long>(counts_.losses));
  line("answered from an instance's own store", each(counts_.local, counts_.requests) * 100, "%");
  line("answered by the shared tier", each(counts_.shared, counts_.requests) * 100, "%");
  line("waited for another's fetch", each(counts_.joined, counts_.requests) * 100, "%");
  line("refused (stale or 429)", each(counts_.refused, counts_.requests) * 100, "%");
  line("upstream calls", static_cast<double>(ledger_.calls()), "");
  line("  of these over the limits", static_cast<double>(ledger_.over()), "");
  line("  the limits allow", static_cast<double>(ledger_.bound(time)), "");
  line("purged entries that came back", static_cast<double>(counts_.came_back), "");
  line("Redis commands for a request", each(commands, counts_.requests), "");
  line("  look-ups, locks and records", each(counts_.looked_up + counts_.locks + counts_.stored, counts_.requests), "");
  line("  draws", each(world_.draws, counts_.requests), "");
  line("  beats", each(world_.beats, counts_.requests), "");
  line("  invalidations and their readers", each(counts_.purges + counts_.news + idle_reads, counts_.requests), "");
  line("draws for an upstream call", each(world_.draws, ledger_.calls()), "");
  line("Redis commands a second", static_cast<double>(commands) / seconds, "");
  line("memory of a record of 1,224 bytes", static_cast<double>(record_bytes_), "bytes");
  line("memory of the lane with its members", static_cast<double>(lane_bytes_), "bytes");
  line("memory of an invalidation in the stream", static_cast<double>(news_bytes_), "bytes");
  line("stream to all readers", each(counts_.news * news_bytes_, 1) / seconds, "bytes a second");
}

}  // namespace cachearr::sim
