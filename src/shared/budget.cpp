#include "shared/budget.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "shared/budget_lane.hpp"
#include "shared/draw_scripts.hpp"

namespace cachearr::shared {

namespace {

constexpr Duration kDrawPatience{500};
constexpr int kMostAttempts = 4;
constexpr Duration kLookAgain{50};

}  // namespace

Budget::Budget(Tier& tier, const Clock& clock, BudgetOptions options, Apply apply)
    : tier_{tier},
      clock_{clock},
      options_{std::move(options)},
      apply_{std::move(apply)},
      draw_{lane_script(script_draw())},
      seed_{lane_script(script_seed())},
      pause_{lane_script(script_pause())} {}

Budget::~Budget() = default;

TimePoint Budget::steady_now() const {
  return TimePoint{std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

/// Never ahead of the server's own clock, but where that was set back.
std::optional<TimePoint> Budget::server_now(const Lane& lane) const {
  const auto& known = lane.server_time ? lane.server_time : server_time_;
  if (!known) return std::nullopt;
  return known->server + (steady_now() - known->steady);
}

std::size_t Budget::known_members() const {
  if (options_.instances > 0) return options_.instances;
  return std::max<std::size_t>(1, options_.seen);
}

/// By the rules an origin may have several names here: each is a member of its own.
LaneHead Budget::head_of(const Lane& lane) const {
  auto* const link = tier_.commands();
  return {tier_.instance() + "/" + lane.name.upstream,
          link ? link->server_of(tier_.names().lane(lane.id)).run_id : std::string{}, lane.member.merged()};
}

/// Those that are missing for longer have no part any more.
std::string Budget::missing_for(const Lane& lane) const {
  std::string missing;
  const auto now = clock_.now();
  for (const auto& member : tier_.members()) {
    const bool is_missing = !member.is_self && member.seen + grace_of(known_members()) <= now;
    if (!is_missing || member.seen + lent_for(lane.limits) <= now) continue;
    if (!missing.empty()) missing += ',';
    missing.append(member.name).append("/").append(lane.name.upstream);
  }
  return missing;
}

void Budget::run(const Script& script, const Lane& lane, const Words& words, Link::Done done) {
  auto* const link = tier_.commands();
  if (!link) return done(nullptr);
  const bool one_server = link->server().mode != "cluster";
  run_script(*link, script, lane_keys(tier_.names(), lane.id, lane.limits.quotas, one_server), words, std::move(done));
}

Budget::LanePtr Budget::lane_of(const limit::KeyLimiterPtr& limiter, const limit::LaneName& name) {
  auto& lane = lanes_[limiter.get()];
  if (lane) return lane;
  lane = std::make_shared<Lane>();
  lane->id = tier_.sealer().name_of("lane", name.place + "\n" + to_hex(limiter->credential()));
  lane->name = name;
  lane->limiter = limiter;
  lane->limits = lane_limits(limiter->config());
  if (!up_) lane->member.cut_off();
  return lane;
}

void Budget::draw(const limit::KeyLimiterPtr& limiter, const limit::LaneName& name, const limit::Waiter& waiter,
                  std::function<void(limit::DrawResult)> done) {
  tier_.post([this, limiter, name, waiter, done = std::move(done)] {
    const auto lane = lane_of(limiter, name);
    lane->drawn = steady_now();
    if (lane->limits.is_none()) return done({true});
    auto asked = std::make_shared<Asked>();
    asked->lane = lane;
    asked->waiter = waiter;
    asked->done = done;
    lane->line.push_back(asked);
    advance(lane);
  });
}

void Budget::advance(const LanePtr& lane) {
  if (std::exchange(lane->advancing, true)) return;
  while (!lane->line.empty() && lane->drawing < lane->at_once) {
    const auto asked = std::move(lane->line.front());
    lane->line.pop_front();
    asked->counted = true;
    ++lane->drawing;
    ask(asked);
  }
  lane->advancing = false;
}

/// What has held one back holds back those behind it as well, without a question of theirs.
void Budget::hold_line(Lane& lane, const Asked& refused, const limit::DrawResult& result) {
  std::deque<AskedPtr> others;
  for (const auto& asked : std::exchange(lane.line, {})) {
    const auto& waiter = asked->waiter;
    const bool same = waiter.grab == refused.waiter.grab && waiter.priority >= refused.waiter.priority;
    same ? end(*asked, result) : others.push_back(asked);
  }
  for (auto& asked : lane.line) others.push_back(std::move(asked));
  lane.line = std::move(others);
}

void Budget::ask(const AskedPtr& asked) {
  auto& lane = *asked->lane;
  if (!up_ || !tier_.commands() || !lane.member.may_call()) return end_by_standing(*asked);
  if (lane.merging) return lane.behind_merge.push_back(asked);
  send(asked);
}

void Budget::send(const AskedPtr& asked) {
  auto& lane = *asked->lane;
  const auto now = steady_now();
  asked->deadline = now + kDrawPatience;
  const auto call = lane.member.begin_call(asked->deadline, known_members());
  asked->number = call.number;
  lane.called = now;
  Draw draw;
  draw.what = asked->what;
  draw.clean = is_empty(lane.limiter->runs(clock_.now()));
  draw.call = call.number;
  draw.confirmed = call.confirmed;
  if (const auto server = server_now(lane)) draw.void_after = *server + kDrawPatience;
  draw.grace = call.grace;
  draw.members = known_members();
  draw.missing = missing_for(lane);
  draw.priority = asked->waiter.priority;
  draw.grab = asked->waiter.grab;
  draw.alone = options_.instances == 1;
  asked_.push_back(asked);
  run(draw_, lane, draw_words(head_of(lane), lane.limits, draw),
      [this, asked, sent = std::chrono::steady_clock::now()](const Reply* reply) {
        if (reply) tier_.took(Command::draw, sent, *reply);
        take(asked, reply);
      });
}

void Budget::take(const AskedPtr& asked, const Reply* reply) {
  if (asked->over) return;
  if (!reply) return cut_off("the link broke", {});
  if (reply->is_error()) return refused(asked->lane, *reply);
  const auto answer = read_draw(*reply, asked->lane->limits.quotas.size());
  if (!answer) return refused(asked->lane, *reply);
  server_time_ = asked->lane->server_time = ServerTime{answer->at, steady_now()};
  take_answer(asked, *answer);
}

void Budget::take_answer(const AskedPtr& asked, const DrawAnswer& answer) {
  auto& lane = *asked->lane;
  std::erase(asked_, asked);
  if (asked->what == Draw::What::leave) return end(*asked, {});
  lane.member.answered(asked->number, answer);
  if (answer.verdict == Verdict::merge || answer.verdict == Verdict::late) {
    if (++asked->attempts == kMostAttempts) return end_by_standing(*asked);
    if (answer.verdict == Verdict::late) return ask(asked);
    lane.behind_merge.push_back(asked);
    return merge(asked->lane);
  }
  if (asked->what == Draw::What::draw) ++lane.draws;
  take_pauses(lane, answer);
  lane.tokens = answer.tokens;
  lane.left = answer.left;
  lane.limiter->note_left(clock_.now(), answer.left);
  // Before anything else is merged: what goes is part of it.
  if (asked->done && answer.verdict == Verdict::go) lane.limiter->confirm(asked->waiter.ticket);
  const limit::DrawResult result{answer.verdict == Verdict::go, clock_.now() + answer.wait, answer.why};
  if (asked->what == Draw::What::beat && result.goes && std::exchange(lane.held_long, false))
    apply_(lane.limiter->set_share(clock_.now(), std::nullopt));  // ends the hold: what it waited for is there
  if (asked->what == Draw::What::draw) {
    lane.held_long = lane.held_long || answer.wait > lane.member.beat();
    lane.at_once = worth_drawing(answer, lane.limits);
    if (!result.goes) hold_line(lane, *asked, result);
  }
  end(*asked, result);
}

void Budget::merge(const LanePtr& lane) {
  if (std::exchange(lane->merging, true)) return;
  lane->merge_until = steady_now() + kDrawPatience;
  const auto server = server_now(*lane);
  const auto ahead = server ? *server - clock_.now() : Duration{};
  auto runs = lane->limiter->runs(clock_.now());
  runs.resize(lane->limits.quotas.size());
  run(seed_, *lane, seed_words(head_of(*lane), runs, ahead), [this, lane](const Reply* reply) { merged(lane, reply); });
}

void Budget::merged(const LanePtr& lane, const Reply* reply) {
  if (!std::exchange(lane->merging, false)) return;
  const auto id = reply ? read_seed(*reply) : std::nullopt;
  if (!reply) return cut_off("the link broke", {});
  if (!id) return refused(lane, *reply);
  lane->member.has_merged(*id);
  for (const auto& asked : std::exchange(lane->behind_merge, {})) ask(asked);
}

void Budget::end(Asked& asked, const limit::DrawResult& result) {
  if (std::exchange(asked.over, true)) return;
  if (asked.done) asked.done(result);
  if (!std::exchange(asked.counted, false)) return;
  --asked.lane->drawing;
  advance(asked.lane);
}

/// Without an answer: nothing goes until others know that this one is on its own; from then on its share decides.
void Budget::end_by_standing(Asked& asked) {
  auto& member = asked.lane->member;
  if (member.standing() == Standing::away) {
    const auto again = clock_.now() + (asked.lane->share ? Duration{0} : kLookAgain);
    return end(asked, {false, again, limit::Why::rate});
  }
  const auto quiet = std::max(member.away_at(), started_ + grace_of(known_members())) - steady_now();
  end(asked, {false, clock_.now() + std::max(quiet, kLookAgain), limit::Why::rate});
}

std::string_view state_of(const LaneStatus& lane) noexcept {
  return lane.is_alone && lane.standing == Standing::connected ? "alone" : to_words(lane.standing);
}

void Budget::publish() {
  std::vector<LaneStatus> all;
  for (const auto& [limiter, lane] : lanes_) {
    const auto tokens = lane->limits.nano_tokens > 0 ? std::optional{lane->tokens} : std::nullopt;
    all.push_back({lane->name.upstream, lane->member.standing(), lane->member.members(), lane->draws, limiter, tokens,
                   lane->left, tier_.has_other_secret()});
  }
  const std::lock_guard lock{mutex_};
  status_ = std::move(all);
}

std::vector<LaneStatus> Budget::status() const {
  const std::lock_guard lock{mutex_};
  return status_;
}

}  // namespace cachearr::shared
