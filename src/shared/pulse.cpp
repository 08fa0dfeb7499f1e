#include "shared/pulse.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "shared/roster.hpp"
#include "shared/script.hpp"

namespace cachearr::shared {

namespace {

using Micros = std::chrono::microseconds;

constexpr std::uint64_t kLookEvery = 10;  // seconds
constexpr Duration kMemory{86'400'000};   // of members that are away
constexpr std::size_t kLongestName = 256;

std::string line_of(std::string_view info, std::string_view name) {
  const auto at = info.find(std::string{name} + ":");
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size() + 1;
  return std::string{info.substr(begin, info.find_first_of("\r\n", begin) - begin)};
}

const Script& forget_script() {
  static const Script script{R"lua(
local gone = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, 100)
for _, name in ipairs(gone) do
  redis.call('ZREM', KEYS[1], name)
  redis.call('HDEL', KEYS[2], name)
end
return #gone
)lua"};
  return script;
}

std::string millis(TimePoint at) { return std::to_string(at.time_since_epoch().count()); }

}  // namespace

void ClockOffset::add(Micros asked, Micros answered, Micros server) noexcept {
  const auto took = std::max(answered - asked, Micros{0});
  samples_[next_++ % samples_.size()] = {took, server - (asked + took / 2)};
  smoothed_ = next_ == 1 ? took : smoothed_ + (took - smoothed_) / 8;
}

Duration ClockOffset::ahead() const noexcept {
  const auto quickest = std::min_element(samples_.begin(), samples_.end(),
                                         [](const Sample& a, const Sample& b) { return a.took < b.took; });
  return std::chrono::duration_cast<Duration>(quickest->ahead);
}

Memory memory_of(std::string_view info) {
  return {text::parse_unsigned(line_of(info, "used_memory")).value_or(0),
          text::parse_unsigned(line_of(info, "maxmemory")).value_or(0), line_of(info, "maxmemory_policy")};
}

std::string card_text(const Member& member) { return member.version + "\n" + member.address + "\n" + member.rules; }

void read_card_text(std::string_view text, Member& into) {
  const auto parts = text::split(text, '\n');
  if (parts.size() != 3) return;
  into.version = parts[0];
  into.address = parts[1];
  into.rules = parts[2];
}

void Pulse::tick(Link& link) {
  if (waits_) parts_.beat(false);
  ask_time(link);
  beat(link);
  const auto tick = ticks_++;
  if (tick % kLookEvery == 0) {
    ask_memory(link);
    tell_card(link);
  }
  if (tick % static_cast<std::uint64_t>(beat_every(members_.size()) / Duration{1'000}) == 0) ask_members(link);
  if (tick % kLookEvery == 1) ask_cards(link);
}

/// Of several servers the fullest one counts: it is the first to refuse records.
void Pulse::ask_memory(Link& link) {
  const auto round = ++memory_round_;
  for (auto* const master : link.masters()) {
    master->send({"INFO", "memory"}, [this, round](const Reply* reply) {
      if (!reply || reply->kind != Reply::Kind::text || round != memory_round_) return;
      const auto told = memory_of(reply->text);
      if (std::exchange(memory_of_round_, round) != round || told.percent() > memory_.percent()) memory_ = told;
    });
  }
}

void Pulse::ask_time(Link& link) {
  waits_ = true;
  link.send({"TIME"}, [this, asked = std::chrono::steady_clock::now()](const Reply* reply) {
    if (!reply) return;
    waits_ = false;
    parts_.answered(asked, *reply);
    const auto took = std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - asked);
    const auto answered = std::chrono::duration_cast<Micros>(parts_.clock.now().time_since_epoch());
    const bool told = reply->kind == Reply::Kind::list && reply->items.size() == 2;
    if (told) {
      const auto server = std::chrono::seconds{reply->items[0].to_number()} + Micros{reply->items[1].to_number()};
      offset_.add(answered - took, answered, server);
    }
    parts_.beat(told);
  });
}

void Pulse::beat(Link& link) {
  link.send({"ZADD", parts_.names.members(), millis(server_now()), parts_.instance}, [this, &link](const Reply* reply) {
    if (!reply || reply->kind != Reply::Kind::number || !link.is_up()) return;
    if (reply->to_number() == 1 && !members_.empty()) put_back(link);
  });
}

/// The server has lost who was there. Those that are not back yet still use their parts of the limits.
void Pulse::put_back(Link& link) {
  const auto key = parts_.names.members();
  std::vector<std::string> scores;
  for (const auto& member : members_) scores.push_back(millis(member.seen + offset_.ahead()));
  std::vector<std::string_view> words{"ZADD", key, "NX"};
  for (std::size_t i = 0; i < members_.size(); ++i) {
    words.push_back(scores[i]);
    words.push_back(members_[i].name);
  }
  link.send(command(words), [this, &link](const Reply* reply) {
    if (reply && link.is_up()) ask_members(link);
  });
}

/// Whoever is gone for good takes its card along.
void Pulse::tell_card(Link& link) {
  link.send({"HSET", parts_.names.cards(), parts_.instance, parts_.card()}, [](const Reply*) {});
  run_script(link, forget_script(), {parts_.names.members(), parts_.names.cards()}, {millis(server_now() - kMemory)},
             [](const Reply*) {});
}

/// As often as a lane is told of each member: who is missing there must be known here.
void Pulse::ask_members(Link& link) {
  const auto last = std::to_string(kMostMembers - 1);
  link.send({"ZRANGE", parts_.names.members(), "0", last, "REV", "WITHSCORES"}, [this](const Reply* reply) {
    if (reply && reply->kind == Reply::Kind::list) take_members(*reply);
  });
}

void Pulse::ask_cards(Link& link) {
  if (members_.empty()) return;
  const auto cards = parts_.names.cards();
  std::vector<std::string_view> words{"HMGET", cards};
  for (const auto& member : members_) words.push_back(member.name);
  std::vector<std::string> asked;
  for (const auto& member : members_) asked.push_back(member.name);
  link.send(command(words), [this, asked = std::move(asked)](const Reply* reply) {
    if (reply && reply->kind == Reply::Kind::list && reply->items.size() == asked.size()) take_cards(asked, *reply);
  });
}

void Pulse::take_cards(const std::vector<std::string>& of, const Reply& cards) {
  for (auto& member : members_) {
    const auto at = std::find(of.begin(), of.end(), member.name);
    if (at != of.end()) read_card_text(cards.items[static_cast<std::size_t>(at - of.begin())].text, member);
  }
}

void Pulse::take_members(const Reply& scores) {
  const auto known = std::exchange(members_, {});
  for (const auto& pair : scores.items) {
    if (!pair.is_list() || pair.items.size() != 2 || pair.items[0].text.size() > kLongestName) continue;
    const auto& name = pair.items[0].text;
    const auto same =
        std::find_if(known.begin(), known.end(), [&name](const Member& each) { return each.name == name; });
    auto member = same == known.end() ? Member{} : *same;
    member.name = name;
    member.seen = TimePoint{Duration{pair.items[1].to_number()}} - offset_.ahead();
    member.is_self = member.name == parts_.instance;
    members_.push_back(std::move(member));
    if (members_.size() == kMostMembers) break;
  }
}

void Pulse::say_goodbye(Link& link, std::function<void()> done) {
  link.send({"HDEL", parts_.names.cards(), parts_.instance}, [](const Reply*) {});
  link.send({"ZREM", parts_.names.members(), parts_.instance}, [done = std::move(done)](const Reply*) { done(); });
}

}  // namespace cachearr::shared
