// A worker's context with a real memory store: deciding needs no loop.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/classify.hpp"
#include "pipeline/worker_context.hpp"
#include "unit/pipeline/heads.hpp"
#include "unit/pipeline/snapshots.hpp"

namespace cachearr::test {

class ContextTest : public ::testing::Test {
 protected:
  explicit ContextTest(std::string_view rules) : snapshot_{snapshot_of(rules)} {}

  const pipeline::RequestContext& classify(const Asked& asked, const pipeline::ListenerInfo& listener = {}) {
    context_.reset(snapshot_);
    context_.request.head = asked.head;
    context_.framing = asked.framing;
    connection_.listener = std::make_shared<const pipeline::ListenerInfo>(listener);
    pipeline::classify(worker_, connection_, context_);
    return context_;
  }
  const pipeline::RequestContext& classify(std::string_view start, std::string_view lines = "") {
    asked_.emplace(start, "Host: api.test\r\n" + std::string{lines});
    return classify(*asked_);
  }

  /// Stores an answer under the name that this request was given; fresh for a minute.
  void store(const pipeline::RequestContext& context, caching::EntryMeta meta = {},
             std::string_view head = "HTTP/1.1 200 OK\r\n") {
    const auto now = clock_.now().time_since_epoch().count();
    meta.status = 200;
    meta.born_ms = meta.stored_ms = now;
    if (meta.fresh_until_ms == 0) meta.fresh_until_ms = now + 60'000;
    const std::array<std::string_view, 1> body{"body"};
    store::EntryParts parts;
    parts.id = context.variant.id;
    parts.identity = context.variant.identity;
    parts.key = context.key.key;
    parts.head = head;
    parts.body = body;
    parts.meta = meta;
    store_->put(store::make_entry(parts));
  }
  void store_answer_to(std::string_view start, std::string_view lines = "", const caching::EntryMeta& meta = {}) {
    store(classify(start, lines), meta);
  }

  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(16 * 1024 * 1024, clock_);
  metrics::Metrics metrics_{1};
  pipeline::SnapshotPtr snapshot_;
  pipeline::SharedContext shared_{clock_, *store_, metrics_, "an installation's own secret", "token-7"};
  pipeline::WorkerContext worker_{shared_, metrics_.worker(0), snapshot_};
  pipeline::ConnectionInfo connection_{nullptr, {}, *ip::parse_address("127.0.0.1"), "127.0.0.1"};
  pipeline::RequestContext context_;
  std::optional<Asked> asked_;  // what `context_` looks into
};

}  // namespace cachearr::test
