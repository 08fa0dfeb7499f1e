#include "client/client_table.hpp"

#include <algorithm>

namespace cachearr::client {

namespace {

Hash128 name_of(const ip::Address& address, std::string_view user_agent) {
  std::string name(address.bytes.begin(), address.bytes.end());
  return hash128(name.append(user_agent));
}

}  // namespace

void SeenClient::add(const SeenClient& other) {
  requests += other.requests;
  hits += other.hits;
  ways |= other.ways;
  if (other.trust != Trust::untold && (trust == Trust::untold || other.last_seen > last_seen)) trust = other.trust;
  last_seen = std::max(last_seen, other.last_seen);
}

Trust trust_told_by(Way way, std::string_view detail) noexcept {
  if (way == Way::intercepted) return Trust::trusts;
  const bool left_alone = way == Way::tunnel && detail == metrics::name_of(metrics::Interception::left_alone);
  return left_alone ? Trust::distrusts : Trust::untold;
}

void ClientTable::forget_last() {
  const auto& last = clients_.back();
  by_name_.erase(name_of(last.address, last.user_agent));
  clients_.pop_back();
  ++evictions_;
}

void ClientTable::find(Place& place, const ip::Address& address, const ShownTexts& texts) {
  const auto user_agent = texts[ShownTexts::user_agent];
  const auto name = name_of(address, user_agent);
  auto known = by_name_.find(name);
  if (known == by_name_.end()) {
    if (clients_.size() >= most_) forget_last();
    clients_.push_front({address, std::string{user_agent}});
    known = by_name_.emplace(name, clients_.begin()).first;
  }
  place.at_ = known->second;
  place.evictions_ = evictions_;
  place.agent_ = texts.agent();
}

void ClientTable::saw(Place& place, const RequestNote& note) {
  const auto& facts = note.facts;
  if (place.evictions_ != evictions_ || place.agent_ != note.texts.agent()) find(place, facts.client, note.texts);
  auto& client = *place.at_;
  if (place.at_ != clients_.begin()) clients_.splice(clients_.begin(), clients_, place.at_);
  client.requests += 1;
  client.hits += facts.is_hit() ? 1U : 0U;
  client.last_seen = facts.at;
  client.ways = static_cast<std::uint8_t>(client.ways | 1U << static_cast<unsigned>(facts.way));
  if (const auto trust = trust_told_by(facts.way, note.detail); trust != Trust::untold) client.trust = trust;
}

}  // namespace cachearr::client
