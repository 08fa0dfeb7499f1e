#include "bench/shared_sim/fleet.hpp"

#include <algorithm>
#include <cmath>

#include "shared/draw_scripts.hpp"

namespace cachearr::sim {

namespace {

constexpr Duration kTick{100};
constexpr TimePoint kStart{Duration{1'700'000'000'000}};
constexpr std::uint32_t kTicksASecond = 10;

limit::RateConfig rate_config(const Options& options) {
  limit::RateConfig config;
  config.per_second = options.per_second;
  config.burst = options.burst;
  config.quotas = options.quotas;
  return config;
}

std::string load_script(Redis& redis, std::string_view what) {
  const auto text = "#!lua flags=allow-oom\n" + shared::lane_script(what, shared::script_now_of_argument());
  const auto reply = redis.call({"SCRIPT", "LOAD", text});
  if (reply.is_error()) fail(reply.text);
  return reply.text;
}

}  // namespace

Fleet::Fleet(const Options& options)
    : options_{options},
      redis_{options.port},
      world_{redis_, shared::lane_limits(rate_config(options)), rate_config(options), {}, {}, {}},
      ledger_{world_.limits, kStart} {
  redis_.call({"FLUSHALL"});
  world_.keys = shared::lane_keys({"sim"}, "lane", options.quotas, true);
  world_.draw = load_script(redis_, shared::script_draw());
  world_.seed = load_script(redis_, shared::script_seed());
  world_.now = kStart;
  world_.nodes = options.nodes;
  world_.chance.seed(options.seed);
  redis_.call({"SET", world_.keys.back(), "1 0"});
  if (options.cuts) world_.lost_calls = world_.lost_answers = 0.001;
  const Node::Hooks hooks{[this](limit::Ticket ticket) { go(ticket); },
                          [this](limit::Ticket ticket) { refuse(ticket); }};
  for (std::size_t i = 0; i < options.nodes; ++i)
    nodes_.push_back(std::make_unique<Node>(world_, "n" + std::to_string(i), hooks));
  news_.resize(options.nodes);
  for (auto& log : news_) log.start_at(0);
  back_at_.resize(options.nodes);
  ttl_ticks_ = static_cast<std::uint32_t>(options.ttl / kTick);
  local_.resize(options.nodes * options.keys);
  shared_.resize(options.keys);
  last_purge_.resize(options.keys);
  double sum = 0;
  for (std::size_t key = 0; key < options.keys; ++key)
    popularity_.push_back(sum += 1 / std::pow(static_cast<double>(key + 1), 0.8));
}

std::size_t Fleet::some_key() {
  const auto at = std::uniform_real_distribution<>{0, popularity_.back()}(world_.chance);
  const auto found = std::upper_bound(popularity_.begin(), popularity_.end(), at) - popularity_.begin();
  return std::min(static_cast<std::size_t>(found), options_.keys - 1);
}

void Fleet::run() {
  while (counts_.requests < options_.requests) step();
  measure_sizes();
}

void Fleet::step() {
  ++tick_;
  world_.now += kTick;
  disturb();
  beat();
  std::poisson_distribution<std::uint64_t> arrivals{options_.requests_per_second / kTicksASecond};
  for (auto left = arrivals(world_.chance); left > 0; --left) request(some_node(), options_.keys == 0 ? 0 : some_key());
  for (const auto& node : nodes_) node->tick();
  if (world_.happens(options_.purges_per_second / kTicksASecond)) purge();
}

void Fleet::beat() {
  std::vector<Node*> sent;
  for (const auto& node : nodes_)
    if (node->send_beat()) sent.push_back(node.get());
  for (auto* const node : sent) node->take_beat();
  for (auto* const node : sent) node->end_beat();
}

/// Instances go and come back; the server loses what it knew.
void Fleet::disturb() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i]->is_connected() && back_at_[i] == 0)
      back_at_[i] = tick_ + std::uniform_int_distribution<std::uint32_t>{1, 400 * kTicksASecond}(world_.chance);
    if (back_at_[i] != 0 && tick_ >= back_at_[i]) {
      back_at_[i] = 0;
      nodes_[i]->reconnect();
      hear_news(i);
    }
  }
  if (options_.cuts && world_.happens(1.0 / (300 * kTicksASecond))) {
    ++counts_.cuts;
    nodes_[some_node()]->cut();
  }
  if (options_.losses && world_.happens(1.0 / (900 * kTicksASecond))) lose_state();
}

/// Emptied, or replaced by a server that knows less.
void Fleet::lose_state() {
  ++counts_.losses;
  redis_.call({"FLUSHDB"});
  if (!world_.happens(0.5)) {
    world_.run_id = std::to_string(++run_ids_);
    for (const auto& [key, dump] : copy_) redis_.call({"RESTORE", key, "0", dump});
  }
  copy_.clear();
  for (const auto& key : world_.keys) {
    const auto dump = redis_.call({"DUMP", key});
    if (dump.kind == shared::Reply::Kind::text) copy_.emplace_back(key, dump.text);
  }
}

void Fleet::request(std::size_t node, std::size_t key) {
  ++counts_.requests;
  if (options_.keys > 0) {
    if (is_fresh(local(node, key))) {
      if (local(node, key).ordinal < last_purge_[key] && last_purge_[key] <= news_[node].last()) ++counts_.came_back;
      ++counts_.local;
      return;
    }
    if (nodes_[node]->is_connected()) {
      if (answer_from_shared(node, key)) return;
      const auto leading = leader_.find(key);
      if (leading != leader_.end()) {
        ++counts_.joined;
        counts_.locks += 2;  // asks for the lock, and subscribes
        asking_[leading->second].joined.push_back(node);
        return;
      }
      ++counts_.locks;
    }
  }
  const auto ticket = ++tickets_;
  asking_[ticket] = {node, key, static_cast<std::uint32_t>(news_[node].last()), {}};
  if (options_.keys > 0 && nodes_[node]->is_connected()) leader_[key] = ticket;
  nodes_[node]->ask(ticket);
}

bool Fleet::answer_from_shared(std::size_t node, std::size_t key) {
  ++counts_.looked_up;
  const auto& record = shared_[key];
  if (!is_fresh(record)) return false;
  const auto name = std::to_string(key);
  if (news_[node].validity(record.ordinal, {name, {}, {}, 0}) != store::Validity::valid) return false;
  if (record.ordinal < last_purge_[key] && last_purge_[key] <= news_[node].last()) ++counts_.came_back;
  ++counts_.shared;
  local(node, key) = record;
  return true;
}

/// The upstream is asked, and its answer stored and shared.
void Fleet::go(limit::Ticket ticket) {
  const auto found = asking_.find(ticket);
  const auto asking = found->second;
  asking_.erase(found);
  ledger_.take(world_.now);
  ++counts_.asked;
  if (options_.keys == 0) return;
  leader_.erase(asking.key);
  const Stored answer{tick_, asking.ordinal};
  local(asking.node, asking.key) = answer;
  if (nodes_[asking.node]->is_connected()) {
    shared_[asking.key] = answer;
    ++counts_.stored;
  }
  for (const auto node : asking.joined) local(node, asking.key) = answer;
}

void Fleet::refuse(limit::Ticket ticket) {
  const auto found = asking_.find(ticket);
  counts_.refused += 1 + found->second.joined.size();
  if (options_.keys > 0) leader_.erase(found->second.key);
  asking_.erase(found);
}

void Fleet::purge() {
  const auto key = some_key();
  purged_.push_back(key);
  last_purge_[key] = static_cast<std::uint32_t>(purged_.size());
  ++counts_.purges;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i]->is_connected()) hear_news(i);
}

/// Reads the stream to its end, as a member does that comes back: before its next look-up.
void Fleet::hear_news(std::size_t node) {
  while (news_[node].last() < purged_.size()) {
    const auto ordinal = news_[node].last() + 1;
    const auto key = purged_[ordinal - 1];
    news_[node].add(ordinal, {caching::Invalidation::Kind::key, std::to_string(key), false});
    if (local(node, key).ordinal < ordinal) local(node, key) = {};
    ++counts_.news;
  }
}

}  // namespace cachearr::sim
