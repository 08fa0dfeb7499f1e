#include "fetch/shared_look_up.hpp"

#include <memory>
#include <string>
#include <utility>

#include "caching/reuse.hpp"
#include "fetch/tier_look_up.hpp"
#include "net/event.hpp"
#include "pipeline/classify.hpp"
#include "pipeline/look_up.hpp"
#include "pipeline/sharing.hpp"
#include "store/shared_tier.hpp"

namespace cachearr::fetch {

namespace {

/// What the shared tier gave, handed back to the worker.
struct SharedAnswer {
  explicit SharedAnswer(net::Worker& w) : worker{w.handle()}, arrived{w} {}
  net::WorkerHandle worker;
  net::Event arrived;
  store::EntryPtr entry;
  store::FetchClaim claim;
};

/// What has been invalidated meanwhile is not in the store, and so it is not found.
net::Task<store::EntryPtr> find_in_shared(FetchContext& worker, Hash128 id, std::string identity,
                                          store::WhereMissing missing, store::FetchClaim& claim) {
  auto& store = worker.shared.store;
  auto answer = std::make_shared<SharedAnswer>(worker.loop);
  auto done = [answer](store::EntryPtr entry, store::FetchClaim claimed) {
    answer->worker.post([answer, entry = std::move(entry), claimed = std::move(claimed)] {
      answer->entry = entry;
      answer->claim = claimed;
      answer->arrived.set();
    });
  };
  worker.shared.tier->find(identity, store.generation(), missing, std::move(done));
  co_await answer->arrived.wait();
  claim = std::exchange(answer->claim, {});
  if (!answer->entry) co_return store::EntryPtr{};
  co_return store.find(id, identity);
}

bool is_fresh_answer(const pipeline::RequestContext& context, const store::EntryPtr& entry, TimePoint now) {
  return entry && caching::kind_of(entry->meta, now) == caching::EntryKind::response &&
         caching::judge(entry->meta, context.directives, now).reuse == caching::Reuse::fresh;
}

/// Older than what is here, or of no use to this request.
bool is_better(const pipeline::RequestContext& context, const store::EntryPtr& entry, TimePoint now) {
  if (!entry || caching::kind_of(entry->meta, now) != caching::EntryKind::response) return false;
  return !context.entry || entry->meta.stored_ms > context.entry->meta.stored_ms;
}

/// As if it had been found stale here.
void take_to_confirm(pipeline::RequestContext& context, const store::EntryPtr& stale) {
  context.entry = stale;
  context.disposition = pipeline::Disposition::revalidate;
  context.forward = http::Forward::stale;
}

bool is_worth_asking(const FetchContext& worker, const pipeline::RequestContext& context) {
  return worker.shared.tier && !context.hit_for_miss && !context.directives.no_cache && worker.shared.tier->may_ask() &&
         pipeline::is_shared(context);
}

/// For a request that fetches, if it has to, for itself alone.
net::Task<store::EntryPtr> find_for_one(FetchContext& worker, const caching::VariantName& name) {
  store::FetchClaim none;
  auto found = co_await find_in_shared(worker, name.id, name.identity, store::WhereMissing::left, none);
  co_return found;
}

}  // namespace

bool may_look_in_shared(const FetchContext& worker, const FetchJob& job) {
  return job.in_table && is_worth_asking(worker, *job.context);
}

net::Task<SharedFound> look_in_shared(FetchContext& worker, std::shared_ptr<FetchJob> job) {
  auto& context = *job->context;  // its variant is the name that others wait under, and stays
  SharedFound found;
  found.varies_by = context.variant.varies_by;
  found.entry = co_await find_in_shared(worker, context.variant.id, context.variant.identity,
                                        store::WhereMissing::claimed, found.claim);
  if (const auto marker = caching::marker_of(found.entry); marker && found.varies_by.empty()) {
    caching::VariantName name;
    caching::select_variant(context.resource(), marker, context.head().fields, name);
    found.varies_by = name.varies_by;
    found.entry = worker.shared.store.find(name.id, name.identity);
    if (!found.entry)
      found.entry = co_await find_in_shared(worker, name.id, name.identity, store::WhereMissing::claimed, found.claim);
  }
  const auto now = worker.now();
  if (!is_better(context, found.entry, now)) {
    found.entry = {};
  } else if (!is_fresh_answer(context, found.entry, now)) {
    const auto stale = std::exchange(found.entry, store::EntryPtr{});
    if (found.varies_by == context.variant.varies_by) take_to_confirm(context, stale);
  }
  co_return found;
}

net::Task<> look_in_shared_alone(FetchContext& worker, pipeline::RequestContext& context) {
  const bool is_missing = context.disposition == pipeline::Disposition::fetch || pipeline::may_not_ask(context);
  if (!is_missing || !is_worth_asking(worker, context)) co_return;
  co_await look_up_in_tier(worker, context, find_for_one);
  if (context.disposition == pipeline::Disposition::hit) context.detail = kShared;
}

}  // namespace cachearr::fetch
