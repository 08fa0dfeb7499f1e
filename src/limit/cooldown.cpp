#include "limit/cooldown.hpp"

#include <algorithm>

namespace cachearr::limit {
namespace {

constexpr Duration kLongestGuess = std::chrono::hours{6};
constexpr std::uint32_t kMostStrikes = 20;
constexpr std::size_t kLongestWhy = 200;

/// Scrambles a number; the same number gives the same result on every machine (splitmix64).
std::uint64_t scramble(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

}  // namespace

Duration Cooldown::back_off(TimePoint now, Duration first) const noexcept {
  first = std::max(first, Duration{1});
  const auto longest = std::max(first, kLongestGuess);
  auto pause = first;
  for (std::uint32_t i = 1; i < strikes_ && pause < longest; ++i) pause *= 2;
  pause = std::min(pause, longest);
  const auto share = scramble(static_cast<std::uint64_t>(now.time_since_epoch().count()) ^ strikes_) % 1024;
  return pause + pause * static_cast<std::int64_t>(share) / 4096;
}

void Cooldown::enter(TimePoint now, const content::LimitSignal& signal) {
  const bool running = active(now);
  if (!running) {
    strikes_ = std::min(strikes_ + 1, kMostStrikes);
    since_ = now;
  }
  if (signal.until && *signal.until > now) {
    until_ = running && told_ ? std::max(until_, *signal.until) : *signal.until;
    told_ = true;
  } else if (!running) {
    until_ = now + back_off(now, signal.pause);
    told_ = false;
  }
  why_ = signal.why.substr(0, kLongestWhy);
}

void Cooldown::answered(TimePoint now) noexcept {
  if (!active(now) && strikes_ > 0) --strikes_;
}

void Cooldown::save(StateWriter& to) const {
  to.time(until_);
  to.number(told_ ? 1 : 0);
  to.number(strikes_);
  to.text(why_);
}

void Cooldown::load(StateReader& from) {
  until_ = from.time();
  since_.reset();
  told_ = from.number() != 0;
  strikes_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(from.number(), kMostStrikes));
  why_ = std::string{from.text().substr(0, kLongestWhy)};
}

}  // namespace cachearr::limit
