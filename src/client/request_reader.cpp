#include "client/request_reader.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace cachearr::client {

RequestReader::Batch RequestReader::read() {
  Batch batch;
  auto& requests = batch.requests;
  const auto up_to = RequestJournal::id_at(std::chrono::steady_clock::now());
  for (std::size_t i = 0; i < journals_.size(); ++i)
    batch.lost += journals_[i]->read(positions_[i], up_to, requests, most_);
  std::sort(requests.begin(), requests.end(),
            [](const RecordedRequest& a, const RecordedRequest& b) { return a.facts.id < b.facts.id; });
  if (requests.size() > most_) {
    const auto surplus = requests.size() - most_;
    requests.erase(requests.begin(), requests.begin() + static_cast<std::ptrdiff_t>(surplus));
    batch.lost += surplus;
  }
  return batch;
}

std::vector<SeenClient> seen_clients(const Journals& journals) {
  std::map<std::pair<std::array<std::uint8_t, 16>, std::string>, SeenClient> merged;
  for (const auto* const journal : journals) {
    for (auto& seen : journal->clients()) {
      const auto [at, added] = merged.try_emplace({seen.address.bytes, seen.user_agent}, seen);
      if (!added) at->second.add(seen);
    }
  }
  std::vector<SeenClient> out;
  out.reserve(merged.size());
  for (auto& each : merged) out.push_back(std::move(each.second));
  std::stable_sort(out.begin(), out.end(),
                   [](const SeenClient& a, const SeenClient& b) { return a.last_seen > b.last_seen; });
  return out;
}

}  // namespace cachearr::client
