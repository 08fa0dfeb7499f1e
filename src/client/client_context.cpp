#include "client/client_context.hpp"

#include "caching/entry_meta.hpp"
#include "content/coding.hpp"
#include "net/deadlines.hpp"

namespace cachearr::client {
namespace {

// The answers that a worker has converted for its clients; small beside the memory tier.
constexpr std::uint64_t kCodingsBytes = 4 * 1024 * 1024;

}  // namespace

/// What must happen now and then on each worker: log lines leave, idle origin connections end.
class ClientContext::Housekeeping final : public net::Deadline {
 public:
  Housekeeping(net::Deadlines& deadlines, ClientContext& worker) : Deadline{deadlines}, worker_{worker} { arm(kEvery); }

 private:
  void expire() noexcept override {
    worker_.log.flush();
    if (++sweeps_ % kSweepTurns == 0) {
      worker_.connections.sweep();
      const std::lock_guard lock{worker_.cells.mutex};
      worker_.cells.idle_connections = worker_.connections.idle_by_host();
    }
    arm(kEvery);
  }
  static constexpr Duration kEvery{100};
  static constexpr unsigned kSweepTurns = 25;
  ClientContext& worker_;
  unsigned sweeps_ = 0;
};

ClientContext::ClientContext(net::Worker& worker, pipeline::SharedContext& shared_context, ClientShared& client_shared,
                             pipeline::SnapshotPtr first_snapshot, fetch::FetchTable& table,
                             fetch::AdmissionController* controller, const origin::DialSettings& dial)
    : FetchContext{worker, shared_context, std::move(first_snapshot), table, controller, dial},
      clients{client_shared},
      coder{kCodingsBytes},
      memo{shared_context.metrics.workers().size()},
      journal{worker.index(), RequestJournal::share_of(shared_context.metrics.workers().size())},
      housekeeping_{std::make_unique<Housekeeping>(worker.deadlines(), *this)} {}

ClientContext::~ClientContext() = default;

void ClientContext::apply(pipeline::SnapshotPtr next) {
  loop.post([this, next = std::move(next)]() mutable {
    snapshot = std::move(next);
    contexts.clear();
    memo.clear();
    loop.tell_policy_changed();
  });
}

Fitting ClientContext::fit(pipeline::RequestContext& context, const store::EntryPtr& entry) {
  using content::Coding;
  const auto& fields = context.head().fields;
  if (context.codings == 0)
    context.codings = fields.has(http::FieldId::accept_encoding)
                          ? content::accepted_codings(fields.joined(http::FieldId::accept_encoding))
                          : content::set_of(Coding::identity);
  const auto takes = [&](Coding coding) { return (context.codings & content::set_of(coding)) != 0; };
  const auto flags = entry->meta.flags;
  const bool packs_text = settings().config.cache.compression;
  const bool plain =
      (flags & caching::kUncoded) != 0 && takes(Coding::identity) && !(packs_text && (flags & caching::kText) != 0);
  const bool gzip = (flags & caching::kGzip) != 0 && takes(Coding::gzip);
  return plain || gzip ? Fitting{} : coder.fit(entry, context.head(), packs_text);
}

ReplySize ClientContext::append_fitting(ReplySink& sink, const http::RequestHead& request, const store::EntryPtr& entry,
                                        const Fitting& fitting, const http::CacheStatus& status, TimePoint at,
                                        ReplyConnection connection) {
  const bool recoded = static_cast<bool>(fitting.made);
  return append_stored(sink, request, recoded ? fitting.made : entry, status, at, connection, fitting.varies, recoded);
}

}  // namespace cachearr::client
