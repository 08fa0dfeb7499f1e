// What serving clients needs on one worker, beyond what fetching needs. One for each worker, touched only on its thread
// (but for apply(), which posts). ClientShared is shared by all workers and outlives them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "client/access_log.hpp"
#include "client/content_coder.hpp"
#include "client/log_once.hpp"
#include "client/output.hpp"
#include "client/replies.hpp"
#include "client/request_journal.hpp"
#include "client/request_memo.hpp"
#include "client/request_text.hpp"
#include "client/tunnel/intercept_bypass_list.hpp"
#include "fetch/fetch_context.hpp"
#include "net/idle_order.hpp"
#include "pipeline/classify.hpp"

namespace cachearr::client {

struct ClientShared {
  std::atomic<std::uint32_t> connections{0};  // of clients, on all workers, but for those that have given way
  InterceptBypassList intercept_bypass;
  LogOnce refused_names;  // at TLS listeners
};

class ClientContext : public fetch::FetchContext {
 public:
  ClientContext(net::Worker& worker, pipeline::SharedContext& shared_context, ClientShared& client_shared,
                pipeline::SnapshotPtr first_snapshot, fetch::FetchTable& table, fetch::AdmissionController* controller,
                const origin::DialSettings& dial);
  ~ClientContext();
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;

  /// From any thread: from the next request on, this worker decides by `next`.
  void apply(pipeline::SnapshotPtr next);

  /// What this client gets of a stored answer.
  Fitting fit(pipeline::RequestContext& context, const store::EntryPtr& entry);
  /// Hands a stored answer to the sink. REQUIRES: `fitting` is ready.
  static ReplySize append_fitting(ReplySink& sink, const http::RequestHead& request, const store::EntryPtr& entry,
                                  const Fitting& fitting, const http::CacheStatus& status, TimePoint at,
                                  ReplyConnection connection);

  ClientShared& clients;
  AccessLog log;
  ContentCoder coder;
  OutputPool outputs;
  RequestMemo memo;
  RequestText text;  // of the request that is recorded
  RequestJournal journal;
  net::IdleOrder idle_order;    // of sessions
  std::size_t turned_away = 0;  // clients that are being told that there is no place for them

 private:
  class Housekeeping;
  std::unique_ptr<Housekeeping> housekeeping_;
};

}  // namespace cachearr::client
