// What is counted, logged and remembered of a request.
#include "proxy/session.hpp"
#include "rules/below_origin.hpp"

namespace cachearr::proxy {

using http::Method;
using SteadyClock = std::chrono::steady_clock;

namespace {

Ending ending_of(const http::CacheStatus& cache, const Sent& sent, std::string_view error) {
  if (!error.empty() || sent.status == 0) return Ending::error;
  if (cache.hit) return cache.detail.empty() ? Ending::hit : Ending::stale;
  if (cache.forward == http::Forward::none) return Ending::error;
  if (cache.collapsed) return Ending::collapsed;
  if (cache.forward_status == 304 && cache.forward == http::Forward::stale) return Ending::revalidated;
  return cache.forward == http::Forward::bypass || cache.forward == http::Forward::method ? Ending::bypass
                                                                                          : Ending::miss;
}

/// The part of a log line that a request's bytes and the rules decide. `masked` holds what the facts point to.
LogFacts facts_of(const http::RequestHead& request, const Considered& known, std::string& masked) {
  const auto& route = known.route;
  LogFacts facts;
  facts.method = request.method_text;
  if (request.method != Method::connect) facts.scheme = route.target.scheme;
  facts.authority = route.host_field;
  facts.path = route.target.path;
  facts.query = route.target.query;
  if (const auto* const upstream = known.verdict.upstream) {
    facts.upstream = upstream->name;
    facts.secrets = upstream->credential_query;
  }
  if (const auto* const rule = known.verdict.rule) {
    facts.rule = rule->name;
    const auto asked = rules::below_origin(*known.verdict.upstream, route.target.path);
    masked = rules::masked_path(*rule, asked);
    if (!masked.empty()) {
      masked.insert(0, route.target.path, 0, route.target.path.size() - asked.size());
      facts.path = masked;
    }
  }
  facts.key = known.key.key;
  return facts;
}

}  // namespace

/// It will come again in the same words.
void Session::remember(std::string_view head) {
  auto recalled = std::make_unique<Recalled>();
  recalled->request = http::Owned<http::RequestHead>{desk_.request, head};
  recalled->framing = framing_;
  recalled->door = door_;
  recalled->inside = inside_;
  std::string masked;
  AccessLog::put_into_words(facts_of(desk_.request, desk_.considered, masked), recalled->words);
  recalled->known = std::exchange(desk_.considered, Considered{});
  desk_.recall.keep(std::move(recalled));
}

void Session::record(const Done& done) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - done.started).count();
  const auto ending = ending_of(done.cache, done.sent, done.error);
  auto& cells = desk_.cells;
  cells.requests[static_cast<std::size_t>(ending)].record(static_cast<std::uint64_t>(took));
  if (done.cache.hit) {
    auto& label = cells.label(desk_.label_of(done.known.verdict));
    (done.from_disk ? label.hits_disk : label.hits_memory).add();
  } else if (done.cache.forward != http::Forward::none) {
    cells.label(desk_.label_of(done.known.verdict)).misses[static_cast<std::size_t>(done.cache.forward)].add();
  }
  if (done.cache.collapsed) cells.collapsed.add();
  std::string masked;
  auto facts = done.words ? LogFacts{} : facts_of(done.request, done.known, masked);
  facts.words = done.words;
  facts.client = peer_;
  facts.status = done.sent.status;
  facts.bytes = done.sent.body_bytes;
  facts.microseconds = static_cast<std::uint64_t>(took);
  facts.cache = done.cache;
  facts.tls = done.tls;
  facts.error = done.error;
  desk_.log.write(facts, done.known.now);
}

}  // namespace cachearr::proxy
