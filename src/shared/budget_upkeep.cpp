// What the shared limits do without a request: beats, and what follows when the server is away or is back.
#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iterator>
#include <utility>

#include "base/log.hpp"
#include "shared/budget.hpp"
#include "shared/budget_lane.hpp"

namespace cachearr::shared {

namespace {

constexpr std::chrono::milliseconds kBudgetTick{250};
constexpr Duration kProbePatience{500};
constexpr Duration kIdle = std::chrono::minutes{10};
constexpr std::size_t kLongestRefusal = 200;
constexpr Duration kShortestRefusal{30'000}, kLongestRefusalPause{120'000}, kLasting{60'000};

/// Rights and scripts do not change soon; who is busy, or on its way to another node of a Cluster, does.
bool is_passing(const Reply& error) noexcept {
  constexpr std::array<std::string_view, 5> passing{"TRYAGAIN", "MOVED", "ASK", "BUSY", "LOADING"};
  return std::any_of(passing.begin(), passing.end(), [&](auto word) { return error.is_error(word); });
}

}  // namespace

void Budget::start() {
  started_ = steady_now();
  tier_.observe([this](bool up) { link_changed(up); });
  tier_.post([this] { tier_.loop().spawn(tick_forever(), "the beats of the shared limits"); });
}

void Budget::say_goodbye() {
  tier_.post([this] {
    if (!up_) return;
    for (const auto& [limiter, lane] : lanes_) {
      auto leaving = std::make_shared<Asked>();
      leaving->lane = lane;
      leaving->what = Draw::What::leave;
      if (lane->member.may_call()) send(leaving);
    }
  });
}

net::Task<> Budget::tick_forever() {
  boost::asio::steady_timer timer{tier_.loop().context()};
  for (;;) {
    tick();
    timer.expires_after(kBudgetTick);
    auto wait = timer.async_wait(boost::asio::as_tuple(boost::asio::deferred));
    co_await std::move(wait);
  }
}

void Budget::tick() {
  const auto now = steady_now();
  while (!asked_.empty() && asked_.front()->deadline < now) no_answer(asked_.front()->lane, "no answer in time", {});
  for (const auto& [limiter, lane] : lanes_)
    if (lane->merging && lane->merge_until < now) no_answer(lane, "no answer in time", {});
  if (!up_) probe();
  for (const auto& [limiter, lane] : lanes_) tick_lane(lane);
  forget_idle();
  count_members();
  publish();
}

/// For who starts without a server: so many have been there.
void Budget::count_members() {
  const auto seen = tier_.members().size();
  if (seen == 0 || std::exchange(options_.seen, seen) == seen) return;
  options_.keep_seen(seen);
}

void Budget::tick_lane(const LanePtr& lane) {
  const auto now = steady_now();
  const auto limits = lane_limits(lane->limiter->config());
  const bool are_others = std::exchange(lane->limits, limits) != limits;
  if (are_others && lane->member.standing() == Standing::away) go_away(*lane);
  if (now >= started_ + grace_of(known_members()) && lane->member.tick(now)) go_away(*lane);
  probe_lane(lane);
  const bool known = !lane->member.merged().empty() || lane->member.standing() == Standing::joining;
  if (up_ && known && lane->member.may_call() && now >= lane->called + lane->member.beat()) beat(lane);
}

void Budget::beat(const LanePtr& lane) {
  auto beat = std::make_shared<Asked>();
  beat->lane = lane;
  beat->what = Draw::What::beat;
  ask(beat);
}

/// A lane from which nothing is spent, which has no pause to end, and which nobody uses, needs no beats.
void Budget::forget_idle() {
  const auto idle_since = steady_now() - kIdle;
  for (auto at = lanes_.begin(); at != lanes_.end();) {
    const auto lane = at->second;
    const auto refills = std::chrono::milliseconds{
        lane->limits.nano_tokens == 0
            ? 0
            : static_cast<std::int64_t>(lane->limits.burst * 1e12 / static_cast<double>(lane->limits.nano_tokens))};
    const auto now = clock_.now();
    const bool is_paused = lane->limiter->cooldown_until(now, false) || lane->limiter->cooldown_until(now, true);
    const bool idle = up_ && lane->member.may_call() && lane->drawn < idle_since - refills && !lane->merging &&
                      !is_paused && is_empty(lane->limiter->runs(now));
    if (!idle) {
      ++at;
      continue;
    }
    auto leaving = std::make_shared<Asked>();
    leaving->lane = lane;
    leaving->what = Draw::What::leave;
    send(leaving);
    at = lanes_.erase(at);
  }
}

void Budget::link_changed(bool up) {
  if (up) {
    probe_at_ = {};
    probe();
  } else {
    cut_off("the link is down", {});
  }
}

void Budget::cut_off(const std::string& why, Duration pause) {
  probing_ = false;
  probe_at_ = steady_now() + pause;
  if (std::exchange(up_, false)) log::warning("the shared limits are away: " + why);
  const auto known_at = steady_now() + grace_of(known_members());
  for (const auto& [limiter, lane] : lanes_) {
    if (lane->share && lane->share->nothing) lane->member.stand_still(known_at);
    cut_off_lane(*lane);
  }
  for (const auto& asked : std::exchange(asked_, {})) end_by_standing(*asked);
}

void Budget::cut_off_lane(Lane& lane) {
  lane.merging = lane.probing = false;
  lane.member.cut_off();
  for (const auto& asked : std::exchange(lane.behind_merge, {})) end_by_standing(*asked);
}

/// Its node of a Cluster is silent, or its slot on the way to another one.
void Budget::cut_off_alone(const LanePtr& lane, const std::string& why, Duration pause) {
  lane->probe_at = steady_now() + pause;
  log::warning("the shared limits of " + lane->name.upstream + " are away: " + why);
  cut_off_lane(*lane);
  std::vector<AskedPtr> its;
  std::copy_if(asked_.begin(), asked_.end(), std::back_inserter(its),
               [&lane](const AskedPtr& asked) { return asked->lane == lane; });
  std::erase_if(asked_, [&lane](const AskedPtr& asked) { return asked->lane == lane; });
  for (const auto& asked : its) end_by_standing(*asked);
}

/// One server answers in order: what it owes to one lane it owes to all.
void Budget::no_answer(const LanePtr& lane, const std::string& why, Duration pause) {
  const auto* const link = tier_.commands();
  const bool has_its_own_node = link && link->server().mode == "cluster";
  has_its_own_node ? cut_off_alone(lane, why, pause) : cut_off(why, pause);
}

void Budget::refused(const LanePtr& by, const Reply& error) {
  if (is_passing(error)) return no_answer(by, error.text, std::chrono::seconds{1});
  refused_ = by;
  const auto why = error.is_error() ? error.text.substr(0, kLongestRefusal) : std::string{"an answer that is none"};
  tier_.note_limits(why);
  // Who is refused again, since a beat needs less than a draw, comes back less often: each time nothing goes at first.
  const bool again = steady_now() < rejoined_ + kLasting;
  refusal_pause_ = again ? std::min(refusal_pause_ * 2, kLongestRefusalPause) : kShortestRefusal;
  cut_off(why, refusal_pause_);
}

/// What was refused is tried itself, and the share is kept meanwhile: a server that tells the time may refuse it still.
/// The lane takes the member for a new one, whose requests it merges when it is back.
void Budget::probe_with_a_beat(Link& link) {
  const auto asked = steady_now();
  auto& lane = *refused_;
  const auto call = lane.member.begin_call(asked + kProbePatience, known_members());
  Draw draw;
  draw.what = Draw::What::beat;
  draw.clean = true;
  draw.call = call.number;
  draw.grace = call.grace;
  draw.members = known_members();
  draw.missing = missing_for(lane);
  draw.alone = options_.instances == 1;
  auto head = head_of(lane);
  head.merged.clear();
  const bool one_server = link.server().mode != "cluster";
  run_script(link, draw_, lane_keys(tier_.names(), lane.id, lane.limits.quotas, one_server),
             draw_words(head, lane.limits, draw), [this, asked](const Reply* reply) {
               if (!std::exchange(probing_, false) || !reply) return;
               if (reply->is_list() && steady_now() - asked < kProbePatience) return rejoin();
               if (reply->is_error()) tier_.note_limits(reply->text.substr(0, kLongestRefusal));
               probe_at_ = steady_now() + refusal_pause_;
             });
}

/// One quick answer, and draws are worth sending again.
void Budget::probe() {
  auto* const link = tier_.commands();
  const auto asked = steady_now();
  if (up_ || probing_ || !link || asked < probe_at_) return;
  probing_ = true;
  if (refused_) return probe_with_a_beat(*link);
  link->send({"TIME"}, [this, asked](const Reply* reply) {
    if (!std::exchange(probing_, false)) return;
    if (reply && !reply->is_error() && steady_now() - asked < kProbePatience) rejoin();
  });
}

/// Nothing is known of a node by what the others answer.
void Budget::probe_lane(const LanePtr& lane) {
  auto* const link = tier_.commands();
  const auto now = steady_now();
  if (!up_ || !link || lane->member.may_call() || lane->probing || now < lane->probe_at) return;
  lane->probing = true;
  link->send({"EXISTS", tier_.names().lane(lane->id)}, [this, lane, now](const Reply* reply) {
    if (!std::exchange(lane->probing, false) || !up_ || lane->member.may_call()) return;
    if (reply && !reply->is_error() && steady_now() - now < kProbePatience) rejoin_lane(lane);
  });
}

void Budget::rejoin_lane(const LanePtr& lane) {
  lane->member.rejoin();
  lane->share.reset();
  apply_(lane->limiter->set_share(clock_.now(), std::nullopt));
  beat(lane);
}

void Budget::rejoin() {
  up_ = true;
  rejoined_ = steady_now();
  refused_.reset();
  tier_.note_limits({});
  log::info("the shared limits are there");
  for (const auto& [limiter, lane] : lanes_) rejoin_lane(lane);
}

void Budget::go_away(Lane& lane) {
  if (lane.limits.is_none()) {
    lane.share.reset();
    return apply_(lane.limiter->set_share(clock_.now(), std::nullopt));
  }
  LaneMember::Otherwise otherwise{known_members(), {}};
  for (const auto& quota : lane.limiter->runs(clock_.now())) {
    std::uint64_t used = 0;
    for (const auto& run : quota) used += run.count;
    otherwise.used.push_back(used);
  }
  lane.share = lane.member.share(lane.limits, otherwise);
  // Others hear of this member, and so hold nothing back for it but what it was offered.
  if (up_ && !lane.member.has_offers(lane.limits)) lane.share = {.nothing = true};
  if (options_.when_away == BudgetOptions::WhenAway::full) lane.share = equal_share(lane.limits, {1, otherwise.used});
  if (options_.when_away == BudgetOptions::WhenAway::refuse) lane.share = {.nothing = true};
  apply_(lane.limiter->set_share(clock_.now(), lane.share));
}

}  // namespace cachearr::shared
