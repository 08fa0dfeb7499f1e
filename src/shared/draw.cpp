#include "shared/draw.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>

namespace cachearr::shared {

namespace {

constexpr double kNano = 1e9;
constexpr double kMostTokens = 1e6;  // as limit::TokenBucket: a million times a billion is exact in Lua's numbers
constexpr std::size_t kFixedItems = 9, kMostAtOnce = 64;

std::string word_of(std::int64_t number) { return std::to_string(number); }
std::string word_of(std::uint64_t number) { return std::to_string(number); }
std::string word_of(bool flag) { return flag ? "1" : "0"; }
std::string word_of(TimePoint at) { return word_of(static_cast<std::int64_t>(at.time_since_epoch().count())); }
std::string word_of(Duration length) { return word_of(static_cast<std::int64_t>(length.count())); }

std::string word_of(Draw::What what) {
  if (what == Draw::What::beat) return "beat";
  return what == Draw::What::leave ? "leave" : "draw";
}

Words head_words(const LaneHead& head, std::size_t quotas) {
  return {head.member, head.server, head.merged, std::to_string(quotas)};
}

/// "86400000r0", as the scripts read it.
std::string window_name(const limit::QuotaConfig& quota) {
  return word_of(quota.per) + (quota.fixed ? "f" : "r") + std::to_string(limit::scope_number(quota.scope));
}

void append_quota(Words& words, const limit::QuotaConfig& quota, bool grab) {
  words.push_back(word_of(quota.limit));
  words.push_back(word_of(quota.per));
  words.push_back(word_of(quota.fixed));
  words.push_back(word_of(std::min(quota.reserve, quota.limit)));
  words.push_back(word_of(limit::counts(quota.scope, grab)));
}

std::uint64_t unsigned_of(const Reply& reply) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, reply.to_number()));
}

/// Who else writes to the server could write anything: what nobody can reckon with is cut.
std::int64_t number_of(const Reply& reply) {
  constexpr std::int64_t kFarthest = std::numeric_limits<std::int64_t>::max() / 4;
  return std::clamp(reply.to_number(), -kFarthest, kFarthest);
}

TimePoint time_of(const Reply& reply) { return TimePoint{Duration{number_of(reply)}}; }

/// A guessed one is below zero.
PauseEnd pause_of(const Reply& reply) {
  const auto number = number_of(reply);
  return {TimePoint{Duration{std::abs(number)}}, number > 0};
}

}  // namespace

LaneLimits lane_limits(const limit::RateConfig& config) {
  LaneLimits limits;
  limits.quotas = config.quotas;
  if (!(config.per_second > 0)) return limits;
  limits.nano_tokens =
      static_cast<std::uint64_t>(std::max(1.0, std::floor(std::min(config.per_second, kMostTokens) * kNano)));
  limits.burst = std::clamp<std::uint32_t>(config.burst, 1, static_cast<std::uint32_t>(kMostTokens));
  return limits;
}

Words lane_keys(const Names& names, std::string_view lane, const std::vector<limit::QuotaConfig>& quotas,
                bool one_server) {
  const auto name = names.lane(lane);
  Words keys{name, name + ":here", name + ":away"};
  for (std::size_t i = 0; i < quotas.size(); ++i) {
    auto key = name + ":" + window_name(quotas[i]);
    // Two of one window, with different limits: each counts for itself.
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) key += "-" + std::to_string(i);
    keys.push_back(std::move(key));
  }
  if (one_server) keys.push_back(names.prefix + ":l1");
  return keys;
}

Words draw_words(const LaneHead& head, const LaneLimits& limits, const Draw& draw) {
  auto words = head_words(head, limits.quotas.size());
  words.push_back(word_of(draw.what));
  words.push_back(word_of(draw.clean));
  words.push_back(word_of(draw.call));
  words.push_back(word_of(draw.confirmed));
  words.push_back(draw.void_after ? word_of(*draw.void_after) : "0");
  words.push_back(word_of(draw.grace));
  words.push_back(std::to_string(draw.members));
  words.push_back(draw.missing);
  words.push_back(word_of(limits.nano_tokens));
  words.push_back(std::to_string(limits.burst));
  words.push_back(std::to_string(draw.priority == limit::Priority::background ? limits.burst / 4 : 0));
  words.push_back(word_of(draw.priority == limit::Priority::interactive));
  words.push_back(word_of(draw.grab));
  words.push_back(word_of(draw.alone));
  for (const auto& quota : limits.quotas) append_quota(words, quota, draw.grab);
  return words;
}

std::optional<DrawAnswer> read_draw(const Reply& reply, std::size_t quotas) {
  if (!reply.is_list() || reply.items.size() < kFixedItems) return std::nullopt;
  const auto& items = reply.items;
  const auto verdict = items[0].to_number(-1);
  const auto why = items[2].to_number(-1);
  if (verdict < 0 || verdict > 3 || why < 0 || why > static_cast<std::int64_t>(limit::Why::queue)) return std::nullopt;
  DrawAnswer answer{static_cast<Verdict>(verdict),
                    Duration{number_of(items[1])},
                    static_cast<limit::Why>(why),
                    time_of(items[3]),
                    items[4].text,
                    std::max<std::size_t>(1, unsigned_of(items[5])),
                    {pause_of(items[6]), pause_of(items[7])},
                    unsigned_of(items[8]),
                    {},
                    {}};
  const auto goods = 2 + 2 * quotas;
  if (items.size() != kFixedItems + goods + quotas) return answer;
  const auto left = items.begin() + static_cast<std::ptrdiff_t>(kFixedItems + goods);
  std::transform(items.begin() + kFixedItems, left, std::back_inserter(answer.offers), unsigned_of);
  std::transform(left, items.end(), std::back_inserter(answer.left), unsigned_of);
  return answer;
}

std::size_t worth_drawing(const DrawAnswer& answer, const LaneLimits& limits) noexcept {
  if (answer.verdict != Verdict::go) return 1;
  auto most = limits.nano_tokens == 0 ? kMostAtOnce : static_cast<std::size_t>(answer.tokens);
  for (const auto left : answer.left) most = std::min(most, static_cast<std::size_t>(left));
  return std::clamp<std::size_t>(most, 1, kMostAtOnce);
}

Words seed_words(const LaneHead& head, const std::vector<std::vector<limit::QuotaRun>>& runs, Duration ahead) {
  auto words = head_words(head, runs.size());
  for (const auto& quota : runs) {
    words.push_back(std::to_string(quota.size()));
    for (const auto& run : quota) {
      words.push_back(word_of(run.last + ahead));
      words.push_back(word_of(run.count));
    }
  }
  return words;
}

std::optional<std::string> read_seed(const Reply& reply) {
  if (!reply.is_list() || reply.items.size() != 2 || reply.items[1].text.empty()) return std::nullopt;
  return reply.items[1].text;
}

Words pause_words(const LaneHead& head, std::size_t quotas, const Pause& pause) {
  auto words = head_words(head, quotas);
  words.push_back(word_of(pause.grabs));
  words.push_back(pause.until ? word_of(*pause.until) : "0");
  words.push_back(word_of(pause.told));
  words.push_back(pause.again ? word_of(*pause.again) : "");
  return words;
}

}  // namespace cachearr::shared
