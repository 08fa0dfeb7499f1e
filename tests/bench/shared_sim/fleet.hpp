// Many instances before one upstream, on virtual time: what each of them answers from its own store, takes from the
// shared tier, or asks the upstream for within the shared limits. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "bench/shared_sim/ledger.hpp"
#include "bench/shared_sim/node.hpp"
#include "shared/news_log.hpp"

namespace cachearr::sim {

struct Options {
  std::uint16_t port = 6379;
  std::size_t nodes = 4;
  std::uint64_t requests = 20'000;
  double requests_per_second = 3;  // of all together
  std::size_t keys = 0;            // 0: each request is for a key of its own
  Duration ttl{600'000};
  double purges_per_second = 0;
  double per_second = 2;
  std::uint32_t burst = 8;
  std::vector<limit::QuotaConfig> quotas;
  bool cuts = false;    // instances are cut off, calls and answers are lost
  bool losses = false;  // the server is flushed or replaced
  std::uint64_t seed = 1;
};

struct Counts {
  std::uint64_t requests = 0, local = 0, shared = 0, joined = 0, refused = 0, asked = 0;
  std::uint64_t looked_up = 0, locks = 0, stored = 0, purges = 0, news = 0;
  std::uint64_t cuts = 0, losses = 0;
  std::uint64_t came_back = 0;  // purged entries that were served by who had heard of it
};

class Fleet {
 public:
  explicit Fleet(const Options& options);
  void run();
  void report() const;
  bool is_sound() const { return ledger_.over() == 0 && counts_.came_back == 0; }

 private:
  struct Stored {
    std::uint32_t at = 0;       // in ticks; 0: not there
    std::uint32_t ordinal = 0;  // what its writer had heard when it asked
  };
  struct Asking {
    std::size_t node, key;
    std::uint32_t ordinal;
    std::vector<std::size_t> joined;
  };
  void step();
  void disturb();
  void lose_state();
  void request(std::size_t node, std::size_t key);
  bool answer_from_shared(std::size_t node, std::size_t key);
  void go(limit::Ticket ticket);
  void refuse(limit::Ticket ticket);
  void purge();
  void hear_news(std::size_t node);
  void beat();
  bool is_fresh(const Stored& stored) const { return stored.at != 0 && tick_ < stored.at + ttl_ticks_; }
  Stored& local(std::size_t node, std::size_t key) { return local_[node * options_.keys + key]; }
  std::size_t some_key();
  std::size_t some_node() { return std::uniform_int_distribution<std::size_t>{0, nodes_.size() - 1}(world_.chance); }
  void measure_sizes();
  std::uint64_t memory_of(const std::string& key);

  Options options_;
  Redis redis_;
  World world_;
  Ledger ledger_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<shared::NewsLog> news_;   // of each node
  std::vector<std::uint32_t> back_at_;  // of each node that is cut off; 0: it is not
  std::vector<Stored> local_, shared_;
  std::vector<std::size_t> purged_;        // keys, in the order of their ordinals
  std::vector<std::uint32_t> last_purge_;  // ordinal, of each key
  std::vector<double> popularity_;         // summed up
  std::unordered_map<limit::Ticket, Asking> asking_;
  std::unordered_map<std::size_t, limit::Ticket> leader_;  // of a key
  std::uint32_t tick_ = 1, ttl_ticks_ = 0;
  limit::Ticket tickets_ = 0;
  std::uint64_t run_ids_ = 0, script_commands_ = 0, lane_bytes_ = 0, record_bytes_ = 0, news_bytes_ = 0;
  std::vector<std::pair<std::string, std::string>> copy_;
  Counts counts_;
};

}  // namespace cachearr::sim
