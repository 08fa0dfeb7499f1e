// A desk with a real memory store, on a worker that never runs: deciding needs no loop.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/considered.hpp"
#include "proxy/desk.hpp"
#include "proxy/flights.hpp"
#include "unit/proxy/heads.hpp"
#include "unit/proxy/regimes.hpp"

namespace cachearr::proxy::test {

class DeskTest : public ::testing::Test {
 protected:
  explicit DeskTest(std::string_view rules) : regime_{regime_of(rules)} {}

  const Considered& consider(const Asked& asked, const Door& door = {}) {
    proxy::consider(desk_, door, std::nullopt, asked.head, asked.framing, desk_.considered);
    return desk_.considered;
  }
  const Considered& consider(std::string_view start, std::string_view lines = "") {
    return consider(Asked{start, "Host: api.test\r\n" + std::string{lines}});
  }

  /// Stores an answer under the name that this request was given; fresh for a minute.
  void store(const Considered& known, caching::EntryMeta meta = {}, std::string_view head = "HTTP/1.1 200 OK\r\n") {
    const auto now = clock_.now().time_since_epoch().count();
    meta.status = 200;
    meta.born_ms = meta.stored_ms = now;
    if (meta.fresh_until_ms == 0) meta.fresh_until_ms = now + 60'000;
    const std::array<std::string_view, 1> body{"body"};
    store::EntryParts parts;
    parts.id = known.id;
    parts.identity = known.identity;
    parts.key = known.key.key;
    parts.head = head;
    parts.body = body;
    parts.meta = meta;
    store_->put(store::make_entry(parts));
  }
  void store_answer_to(std::string_view start, std::string_view lines = "", const caching::EntryMeta& meta = {}) {
    store(consider(start, lines), meta);
  }

  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(16 * 1024 * 1024, clock_);
  Metrics metrics_{1};
  Flights flights_;
  Regime regime_;
  net::Worker worker_{0};
  Services services_{clock_, *store_, metrics_, flights_, "an installation's own secret", "token-7", {}};
  Desk desk_{worker_, services_, regime_};
};

}  // namespace cachearr::proxy::test
