// Plays instances that share answers, invalidations and limits, on virtual time and with the real limiter, scripts and
// ordinals, against a real Redis whose data it removes. `shared_sim.py` starts one and runs the usual cases.
//
//   shared_sim --port N [--nodes N] [--requests N] [--per-second R] [--keys N] [--ttl S] [--purges R] [--rate R]
//              [--burst N] [--day N] [--minute N] [--cuts] [--losses] [--seed N]
//
// Ends with 1 where the upstream was asked once too often, or something purged came back.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/shared_sim/fleet.hpp"

namespace {

using namespace cachearr;

bool take_number(sim::Options& options, std::string_view name, const char* text) {
  const auto count = std::strtoull(text, nullptr, 10);
  const auto number = std::strtod(text, nullptr);
  if (name == "--port")
    options.port = static_cast<std::uint16_t>(count);
  else if (name == "--nodes")
    options.nodes = count;
  else if (name == "--requests")
    options.requests = count;
  else if (name == "--per-second")
    options.requests_per_second = number;
  else if (name == "--keys")
    options.keys = count;
  else if (name == "--ttl")
    options.ttl = std::chrono::seconds{count};
  else if (name == "--purges")
    options.purges_per_second = number;
  else if (name == "--rate")
    options.per_second = number;
  else if (name == "--burst")
    options.burst = static_cast<std::uint32_t>(count);
  else if (name == "--day")
    options.quotas.push_back({count, std::chrono::hours{24}, false, 0, {}});
  else if (name == "--minute")
    options.quotas.push_back({count, std::chrono::minutes{1}, false, 0, {}});
  else if (name == "--seed")
    options.seed = count;
  else
    return false;
  return true;
}

}  // namespace

int main(int count, char** words) {
  sim::Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = words[i];
    if (name == "--cuts") {
      options.cuts = true;
    } else if (name == "--losses") {
      options.losses = true;
    } else if (i + 1 == count || !take_number(options, name, words[++i])) {
      sim::fail("what is " + std::string{name} + "?");
    }
  }
  sim::Fleet fleet{options};
  fleet.run();
  fleet.report();
  return fleet.is_sound() ? 0 : 1;
}
