#include "shared/sentinels.hpp"

#include <utility>

#include "base/log.hpp"

namespace cachearr::shared {

namespace {

constexpr int kMostOlderWords = 60;  // about one a second from each

}  // namespace

const MasterWord* latest(const std::vector<std::optional<MasterWord>>& words) noexcept {
  const MasterWord* best = nullptr;
  for (const auto& word : words)
    if (word && (!best || word->epoch > best->epoch)) best = &*word;
  return best;
}

Sentinels::Sentinels(net::Worker& worker, const ConnectionOptions& options, std::function<void()> moved)
    : name_{options.address.master}, moved_{std::move(moved)} {
  for (const auto& host : options.address.hosts) {
    const auto which = connections_.size();
    auto to_one = options;
    to_one.to_sentinel = true;
    to_one.where = [host] { return Result<std::vector<ServerHost>>{std::vector{host}}; };
    Connection::Hooks hooks{[this, which] { up(which); }, [this, which] { words_[which].reset(); },
                            [this, which](const Reply&) { ask(which); }};
    connections_.push_back(std::make_shared<Connection>(worker, std::move(to_one), std::move(hooks)));
  }
  epochs_.resize(connections_.size());
  words_.resize(connections_.size());
  problems_.resize(connections_.size());
}

void Sentinels::start() {
  for (const auto& connection : connections_) connection->start();
}

void Sentinels::stop() noexcept {
  for (const auto& connection : connections_) connection->stop();
}

void Sentinels::tick() {
  for (std::size_t which = 0; which < connections_.size(); ++which) ask(which);
}

void Sentinels::up(std::size_t which) {
  ask(which);
  // Last, since a refusal of it is no answer to a question.
  connections_[which]->send({"SUBSCRIBE", "+switch-master"}, nullptr);
}

/// While a failover is under way the address alone tells of the new master, and the epoch alone of which word is later.
void Sentinels::ask(std::size_t which) {
  auto& connection = *connections_[which];
  if (!connection.is_up()) return;
  connection.send({"SENTINEL", "MASTER", name_}, [this, which](const Reply* reply) {
    if (reply) take_epoch(which, *reply);
  });
  connection.send({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", name_}, [this, which](const Reply* reply) {
    if (reply) take_address(which, *reply);
  });
}

void Sentinels::take_epoch(std::size_t which, const Reply& reply) {
  const auto* const epoch = reply.find("config-epoch");
  epochs_[which] = epoch ? epoch->to_number() : 0;
}

void Sentinels::take_address(std::size_t which, const Reply& reply) {
  words_[which].reset();
  const auto port = reply.is_list() && reply.items.size() == 2 ? reply.items[1].to_number() : 0;
  if (port <= 0 || port > 65'535) {
    const auto why = reply.is_error() ? ": " + reply.text.substr(0, 200) : std::string{};
    problems_[which] = "the Sentinel " + connections_[which]->host().name + " knows no master \"" + name_ + "\"" + why;
    return;
  }
  words_[which] = MasterWord{epochs_[which], {reply.items[0].text, static_cast<std::uint16_t>(port)}};
  problems_[which].clear();
  look();
}

void Sentinels::look() {
  const auto* const right = latest(words_);
  if (!right) return;
  // Who knows better may just not be heard; but Sentinels that were set up anew count from the start.
  if (right->epoch < epoch_ && ++older_words_ < kMostOlderWords) return;
  epoch_ = right->epoch;
  older_words_ = 0;
  if (right->host == master_) return;
  const bool is_first = !master_;
  master_ = right->host;
  if (is_first) return;
  log::warning("the Sentinels name another master of the shared tier: " + master_->name + ":" +
               std::to_string(master_->port));
  moved_();
}

Result<std::vector<ServerHost>> Sentinels::master() const {
  if (master_) return std::vector{*master_};
  std::string why;
  for (std::size_t which = 0; which < connections_.size() && why.empty(); ++which)
    why = problems_[which].empty() ? connections_[which]->problem() : problems_[which];
  return Error{why.empty() ? "no Sentinel has named the master yet" : why};
}

}  // namespace cachearr::shared
