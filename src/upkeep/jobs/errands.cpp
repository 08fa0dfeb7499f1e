#include "upkeep/jobs/errands.hpp"

#include <utility>

#include "base/hash.hpp"
#include "upkeep/api_key_file.hpp"

namespace cachearr::upkeep {

namespace {

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

Result<fetch::Credentials> credentials_for(const rules::Upstream& upstream, const fetch::RequestBook& book) {
  if (!upstream.api_key_file.empty()) {
    const auto key = read_api_key(upstream.api_key_file);
    if (!key) return key.error();
    return fetch::credentials_of_key(*key, upstream);
  }
  if (!wants_credential(upstream)) return fetch::Credentials{};
  const auto last = book.last_of(upstream.name);
  auto shown = last ? fetch::credentials_of(*last, upstream) : fetch::Credentials{};
  if (shown.empty()) return Error{"no credential for it is known"};
  return shown;
}

bool has_access(const rules::Upstream& upstream, const fetch::RequestBook& book, std::string& bad_key) {
  const auto credentials = credentials_for(upstream, book);
  if (!credentials && !upstream.api_key_file.empty()) bad_key = credentials.error().what;
  return credentials.ok();
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
