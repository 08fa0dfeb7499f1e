#include "proxy/flights.hpp"

namespace cachearr::proxy {

Flights::Joined Flights::join(const Hash128& id, std::string_view identity, std::uint32_t generation,
                              net::Worker& worker) {
  auto& in = shard(id);
  const std::lock_guard lock{in.mutex};
  const auto found = in.flights.find(id);
  const bool known = found != in.flights.end() && found->second.identity == identity;
  if (known && found->second.generation == generation) return {found->second.flight, false};
  auto flight = std::make_shared<Flight>(worker);
  if (known) found->second = {std::string{identity}, generation, flight};
  if (found == in.flights.end()) in.flights.emplace(id, Named{std::string{identity}, generation, flight});
  return {std::move(flight), true};  // a collision of hashes flies alone
}

bool Flights::is_up(const Hash128& id, std::string_view identity) const {
  const auto& in = shard(id);
  const std::lock_guard lock{in.mutex};
  const auto found = in.flights.find(id);
  return found != in.flights.end() && found->second.identity == identity;
}

void Flights::land(const Hash128& id, const std::shared_ptr<Flight>& flight) {
  auto& in = shard(id);
  const std::lock_guard lock{in.mutex};
  const auto found = in.flights.find(id);
  if (found != in.flights.end() && found->second.flight == flight) in.flights.erase(found);
}

std::size_t Flights::size() const {
  std::size_t total = 0;
  for (const auto& in : shards_) {
    const std::lock_guard lock{in.mutex};
    total += in.flights.size();
  }
  return total;
}

}  // namespace cachearr::proxy
