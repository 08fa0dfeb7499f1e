// One instance of the simulation: the real limiter, the real member of a lane, and a link that can be cut. One thread.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>

#include "bench/shared_sim/redis.hpp"
#include "limit/limiter.hpp"
#include "shared/roster.hpp"

namespace cachearr::sim {

/// What all instances of a simulation have in common.
struct World {
  Redis& redis;
  shared::LaneLimits limits;
  limit::RateConfig config;
  shared::Words keys;
  std::string draw, seed;  // hashes of the scripts
  std::string run_id = "0";
  TimePoint now{};
  std::size_t nodes = 1;
  double lost_calls = 0, lost_answers = 0;  // shares of all calls
  std::mt19937_64 chance{7};
  std::uint64_t draws = 0, beats = 0, merges = 0;

  bool happens(double share) { return share > 0 && std::bernoulli_distribution{share}(chance); }
  void send_script(const std::string& hash, const shared::Words& words);
};

class Node {
 public:
  /// `goes`, `refused`: what has become of a request.
  struct Hooks {
    std::function<void(limit::Ticket)> goes, refused;
  };
  Node(World& world, std::string name, Hooks hooks);

  /// A request that needs the upstream.
  void ask(limit::Ticket ticket);
  /// Whoever waits and may go, or is too late.
  void tick();
  bool has_waiters() const noexcept { return limiter_.anyone_waits(); }

  void cut();
  void reconnect();
  bool is_connected() const noexcept { return connected_; }
  shared::Standing standing() const noexcept { return member_.standing(); }

  /// True where a beat has been sent, whose answer take_beat() is to read.
  bool send_beat();
  void take_beat();
  /// After all answers have been read: merges where it is told to.
  void end_beat();

 private:
  shared::Verdict draw(limit::Ticket ticket);
  std::uint64_t send_call(shared::Draw::What what);
  void take_answer(std::uint64_t number, const shared::Reply& reply, std::optional<shared::DrawAnswer>& answer);
  void merge();
  void attempt(const limit::Waiter& waiter);
  void carry_out(const limit::Effects& effects);
  void hold(const limit::Waiter& waiter, TimePoint until, limit::Why why);
  shared::LaneHead head() const { return {name_, world_.run_id, member_.merged()}; }

  World& world_;
  std::string name_;
  Hooks hooks_;
  limit::Health health_;
  limit::Limiter limiter_;
  shared::LaneMember member_;
  std::unordered_map<limit::Ticket, limit::Waiter> waiting_;
  bool connected_ = true;
  bool in_share_ = false;
  bool has_to_merge_ = false;
  TimePoint called_{};
  TimePoint look_at_{};
  std::uint64_t beat_ = 0;
  std::optional<shared::DrawAnswer> answer_;
};

}  // namespace cachearr::sim
