#include "bench/shared_sim/node.hpp"

#include <algorithm>
#include <utility>

namespace cachearr::sim {

namespace {

constexpr Duration kValid{500}, kTook{20};

bool nothing_sent(const std::vector<std::vector<limit::QuotaRun>>& runs) {
  return std::all_of(runs.begin(), runs.end(), [](const auto& quota) { return quota.empty(); });
}

}  // namespace

void World::send_script(const std::string& hash, const shared::Words& words) {
  shared::Words all{"EVALSHA", hash, std::to_string(keys.size())};
  all.insert(all.end(), keys.begin(), keys.end());
  all.insert(all.end(), words.begin(), words.end());
  all.push_back(std::to_string(now.time_since_epoch().count()));
  redis.send(all);
}

Node::Node(World& world, std::string name, Hooks hooks)
    : world_{world}, name_{std::move(name)}, hooks_{std::move(hooks)}, limiter_{world.config, health_, world.now} {}

void Node::ask(limit::Ticket ticket) {
  const limit::Waiter waiter{ticket, limit::Priority::interactive, 1, world_.now + world_.config.max_wait, false};
  waiting_[ticket] = waiter;
  const auto admission = limiter_.ask(world_.now, waiter);
  if (admission.kind == limit::Admission::Kind::refuse) {
    waiting_.erase(ticket);
    hooks_.refused(ticket);
  } else if (admission.kind == limit::Admission::Kind::grant) {
    attempt(waiter);
  }
  carry_out(limiter_.effects(world_.now));
}

void Node::tick() {
  if (member_.tick(world_.now)) {
    in_share_ = true;
    shared::LaneMember::Otherwise otherwise{world_.nodes, {}};
    for (const auto& quota : limiter_.runs(world_.now)) {
      auto& used = otherwise.used.emplace_back(0);
      for (const auto& run : quota) used += run.count;
    }
    limiter_.set_share(world_.now, member_.share(world_.limits, otherwise));
    look_at_ = world_.now;
  }
  if (limiter_.anyone_waits() && world_.now >= look_at_) carry_out(limiter_.effects(world_.now));
}

void Node::carry_out(const limit::Effects& effects) {
  look_at_ = effects.next.value_or(world_.now + Duration{1'000});
  for (const auto& wake : effects.wakes) {
    const auto found = waiting_.find(wake.ticket);
    if (found == waiting_.end()) continue;
    const auto waiter = found->second;
    if (wake.granted) {
      attempt(waiter);
    } else {
      waiting_.erase(found);
      hooks_.refused(wake.ticket);
    }
  }
}

void Node::hold(const limit::Waiter& waiter, TimePoint until, limit::Why why) {
  limiter_.hold(waiter.priority, waiter.grab, until, why);
  limiter_.refund(world_.now, waiter);
  look_at_ = std::min(look_at_, until);
}

/// The limiter has granted it; now the others decide, where they can be asked.
void Node::attempt(const limit::Waiter& waiter) {
  if (!limiter_.is_within_share(waiter.ticket)) {
    if (!member_.may_call()) return hold(waiter, std::max(world_.now, member_.away_at()), limit::Why::rate);
    for (int i = 0; i < 3; ++i) {
      if (draw(waiter.ticket) != shared::Verdict::merge) break;
      merge();
    }
    if (!answer_) return hold(waiter, std::max(world_.now, member_.away_at()), limit::Why::rate);
    if (answer_->verdict != shared::Verdict::go)
      return hold(waiter, world_.now + std::max(answer_->wait, Duration{1}), answer_->why);
  }
  limiter_.confirm(waiter.ticket);
  waiting_.erase(waiter.ticket);
  hooks_.goes(waiter.ticket);
  limiter_.done(world_.now, waiter.ticket, limit::Outcome::answered, kTook);
}

std::uint64_t Node::send_call(shared::Draw::What what) {
  const auto call = member_.begin_call(world_.now + kValid, world_.nodes);
  called_ = world_.now;
  shared::Draw draw;
  draw.what = what;
  draw.clean = nothing_sent(limiter_.runs(world_.now));
  draw.call = call.number;
  draw.confirmed = call.confirmed;
  draw.void_after = world_.now + kValid;
  draw.grace = call.grace;
  draw.members = world_.nodes;
  world_.send_script(world_.draw, shared::draw_words(head(), world_.limits, draw));
  return call.number;
}

void Node::take_answer(std::uint64_t number, const shared::Reply& reply, std::optional<shared::DrawAnswer>& answer) {
  answer = shared::read_draw(reply, world_.limits.quotas.size());
  if (!answer) fail("draw: " + reply.text);
  member_.answered(number, *answer);
}

/// The call may be lost on its way, and so may its answer.
shared::Verdict Node::draw(limit::Ticket) {
  answer_.reset();
  ++world_.draws;
  if (world_.happens(world_.lost_calls)) {
    member_.begin_call(world_.now + kValid, world_.nodes);
    cut();
    return shared::Verdict::late;
  }
  const auto number = send_call(shared::Draw::What::draw);
  const auto reply = world_.redis.read();
  if (world_.happens(world_.lost_answers)) {
    cut();
    return shared::Verdict::late;
  }
  take_answer(number, reply, answer_);
  return answer_->verdict;
}

void Node::merge() {
  ++world_.merges;
  world_.send_script(world_.seed, shared::seed_words(head(), limiter_.runs(world_.now), Duration{}));
  const auto reply = world_.redis.read();
  const auto lane = shared::read_seed(reply);
  if (!lane) fail("seed: " + reply.text);
  member_.has_merged(*lane);
}

void Node::cut() {
  connected_ = false;
  member_.cut_off();
}

void Node::reconnect() {
  if (std::exchange(connected_, true)) return;
  member_.rejoin();
  if (std::exchange(in_share_, false)) limiter_.set_share(world_.now, std::nullopt);
  look_at_ = world_.now;
}

bool Node::send_beat() {
  if (!member_.may_call() || world_.now < called_ + member_.beat()) return false;
  beat_ = send_call(shared::Draw::What::beat);
  ++world_.beats;
  return true;
}

void Node::take_beat() {
  std::optional<shared::DrawAnswer> answer;
  take_answer(beat_, world_.redis.read(), answer);
  has_to_merge_ = answer->verdict == shared::Verdict::merge;
}

void Node::end_beat() {
  if (std::exchange(has_to_merge_, false)) merge();
}

}  // namespace cachearr::sim
