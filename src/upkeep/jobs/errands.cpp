#include "upkeep/jobs/errands.hpp"

#include <fstream>
#include <iterator>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::size_t kLongestKey = 4096;

/// The key in a file, without white space around it; empty: there is none.
std::string read_key(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string content(kLongestKey, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
  return std::string{text::trim(content)};
}

bool wants_credential(const rules::Upstream& upstream) noexcept {
  return !upstream.credential_query.empty() || !upstream.credential_headers.empty();
}

}  // namespace

SendErrand send_to(std::vector<fetch::FetchContext*> workers) {
  return [workers = std::move(workers)](fetch::ErrandWish wish, fetch::ErrandDone done) {
    auto& worker = *workers[hash128(wish.upstream + wish.target).low % workers.size()];
    fetch::send_errand(worker, std::move(wish), std::move(done));
  };
}

std::optional<fetch::Credentials> credentials_for(const rules::Upstream& upstream, const fetch::RequestBook& book) {
  if (!upstream.api_key_file.empty()) {
    const auto key = read_key(upstream.api_key_file);
    if (!key.empty()) return fetch::credentials_of_key(key, upstream);
  }
  if (!wants_credential(upstream)) return fetch::Credentials{};
  const auto last = book.last_of(upstream.name);
  if (!last) return std::nullopt;
  auto shown = fetch::credentials_of(*last, upstream);
  return shown.empty() ? std::nullopt : std::optional{std::move(shown)};
}

fetch::ErrandWish errand_to(const rules::Upstream& upstream, const std::string& target,
                            const fetch::Credentials& credentials) {
  fetch::ErrandWish wish;
  const bool is_path = target.starts_with('/');
  if (is_path) wish.upstream = upstream.name;
  wish.target = target;
  if (!credentials.query.empty())
    wish.target += (target.find('?') == std::string::npos ? "?" : "&") + credentials.query;
  wish.fields = "Accept: */*\r\nUser-Agent: cachearr\r\n" + credentials.fields;
  return wish;
}

}  // namespace cachearr::upkeep
