#include "client/client_context.hpp"

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

ReplySize ClientContext::append_fitting(Output& output, const http::RequestHead& request, const store::EntryPtr& entry,
                                        const http::CacheStatus& status, TimePoint at, ReplyConnection connection) {
  if (!settings().config.cache.compression) return append_stored(output, request, entry, status, at, connection);
  const auto encoded = coder.encode_for(entry, request);
  return append_stored(output, request, encoded.entry, status, at, connection, encoded.varies);
}

}  // namespace cachearr::client
