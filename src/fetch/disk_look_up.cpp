#include "fetch/disk_look_up.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include "fetch/tier_look_up.hpp"
#include "net/event.hpp"
#include "pipeline/look_up.hpp"

namespace cachearr::fetch {

namespace {

/// What the disk tier gave, handed back to the worker.
struct DiskAnswer {
  explicit DiskAnswer(net::Worker& w) : worker{w.handle()}, arrived{w} {}
  net::WorkerHandle worker;  // the disk may be slower than the worker's end
  net::Event arrived;
  store::EntryPtr entry;
};

net::Task<store::EntryPtr> find_on_disk(FetchContext& worker, const caching::VariantName& name) {
  if (!worker.shared.store.may_be_on_disk(name.id)) co_return store::EntryPtr{};
  auto answer = std::make_shared<DiskAnswer>(worker.loop);
  worker.shared.store.find_on_disk(name.id, name.identity, [answer](store::EntryPtr entry) {
    answer->worker.post([answer, entry = std::move(entry)] {
      answer->entry = entry;
      answer->arrived.set();
    });
  });
  co_await answer->arrived.wait();
  co_return answer->entry;
}

bool find_here(store::Store& store, const Hash128& id, std::string_view identity, store::EntryPtr& found) {
  return !store.may_be_on_disk(id) || store.find_on_disk_here(id, identity, found);
}

bool is_looked_for(const pipeline::RequestContext& context) noexcept {
  return context.disposition == pipeline::Disposition::fetch && !context.hit_for_miss;
}

void decide_by_found(pipeline::RequestContext& context, store::EntryPtr found) {
  pipeline::take_variant(context, std::move(found));
  if (!context.entry) return;
  context.from_disk = true;
  pipeline::decide_by_entry(context);
}

}  // namespace

void look_on_disk_here(FetchContext& worker, pipeline::RequestContext& context) {
  if (!is_looked_for(context)) return;
  auto& store = worker.shared.store;
  const bool varies = !context.variant.varies_by.empty();
  store::EntryPtr found;
  if (!find_here(store, context.variant.id, context.variant.identity, found)) return;
  if (!varies && caching::marker_of(found)) {
    pipeline::take_found(context, std::move(found));
    found = store.find(context.variant.id, context.variant.identity);
    if (!found && !find_here(store, context.variant.id, context.variant.identity, found)) return;
  }
  decide_by_found(context, std::move(found));
}

net::Task<> look_on_disk(FetchContext& worker, pipeline::RequestContext& context) {
  if (!is_looked_for(context)) co_return;
  co_await look_up_in_tier(worker, context, find_on_disk);
  if (context.entry) context.from_disk = true;
}

}  // namespace cachearr::fetch
