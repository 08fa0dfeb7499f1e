// A limiter for the tests, with its own health and tickets that count up. One test, one thread.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "limit/limiter.hpp"
#include "unit/limit/now.hpp"

namespace cachearr::limit::test {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = Admission::Kind;

inline constexpr Duration kTook{100};

struct Bench {
  explicit Bench(RateConfig given = {}) : config{std::move(given)}, limiter{config, health, kNow} {}

  Admission ask(TimePoint now, Priority priority = Priority::interactive, Duration patience = seconds{60},
                std::uint64_t client = 1, bool grab = false) {
    return limiter.ask(now, Waiter{++ticket, priority, client, now + patience, grab});
  }
  Admission ask_grab(TimePoint now) { return ask(now, Priority::interactive, Duration{0}, 1, true); }
  bool goes(TimePoint now, Priority priority = Priority::interactive) {
    const bool granted = ask(now, priority, Duration{0}).kind == Kind::grant;
    if (granted) limiter.done(now, ticket, Outcome::answered, kTook);
    return granted;
  }
  std::string saved(bool clean) {
    StateWriter writer;
    limiter.save(writer, clean);
    return writer.take();
  }
  void restore(const std::string& bytes, TimePoint now) {
    StateReader reader{bytes};
    limiter.load(reader, now);
  }

  RateConfig config;
  Health health;
  Limiter limiter;
  Ticket ticket = 0;
};

inline RateConfig rate(double per_second, std::uint32_t burst) {
  RateConfig config;
  config.per_second = per_second;
  config.burst = burst;
  return config;
}

inline RateConfig day_quota(std::uint64_t limit, std::uint64_t reserve = 0) {
  RateConfig config;
  config.quotas = {{limit, hours{24}, false, reserve}};
  return config;
}

inline content::LimitSignal limited(TimePoint until) { return {true, until, seconds{60}, "429", {}}; }

}  // namespace cachearr::limit::test
