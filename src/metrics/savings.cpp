#include "metrics/savings.hpp"

namespace cachearr::metrics {

void ClientSavings::grow(std::uint32_t upstream) {
  const std::lock_guard lock{growth_};
  while (upstream >= cells_.size()) cells_.emplace_back();
}

ClientSavings& SavingsTable::of(const std::string& client) {
  const std::lock_guard lock{mutex_};
  const auto at = clients_.find(client);
  if (at != clients_.end()) return at->second;
  return clients_.size() < kMostClients ? clients_.try_emplace(client, mutex_).first->second : others_;
}

}  // namespace cachearr::metrics
