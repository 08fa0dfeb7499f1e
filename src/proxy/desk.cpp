#include "proxy/desk.hpp"

#include "net/deadlines.hpp"

namespace cachearr::proxy {
namespace {

// The answers that a worker has converted for its clients; small beside the memory tier.
constexpr std::uint64_t kCodingsBytes = 4 * 1024 * 1024;

}  // namespace

/// What must happen now and then on each worker: log lines leave, idle origin connections end.
class Desk::Housekeeping final : public net::Deadline {
 public:
  Housekeeping(net::Deadlines& deadlines, Desk& desk) : Deadline{deadlines}, desk_{desk} { arm(kEvery); }

 private:
  void expire() noexcept override {
    desk_.log.flush();
    if (++turn_ % kSweepTurns == 0) {
      desk_.connections.sweep();
      const std::lock_guard lock{desk_.cells.mutex};
      desk_.cells.idle_connections = desk_.connections.idle_by_host();
    }
    arm(kEvery);
  }
  static constexpr Duration kEvery{100};
  static constexpr unsigned kSweepTurns = 25;
  Desk& desk_;
  unsigned turn_ = 0;
};

Desk::Desk(net::Worker& w, Services& s, Regime r)
    : worker{w},
      services{s},
      cells{s.metrics.worker(w.index())},
      regime{std::move(r)},
      connections{w, s.dial},
      codings{kCodingsBytes},
      housekeeping_{std::make_unique<Housekeeping>(w.deadlines(), *this)} {}

Desk::~Desk() = default;

void Desk::adopt(Regime next) {
  worker.post([this, next = std::move(next)]() mutable {
    regime = std::move(next);
    labels_of_rules_.clear();
    labels_of_upstreams_.clear();
    considered = Considered{};  // its pointers go into the old rules
    recall.clear();
  });
}

Sent Desk::append_fitting(const http::RequestHead& asked, const store::EntryPtr& entry, const http::CacheStatus& status,
                          TimePoint at, ReplyConnection connection) {
  if (!settings().config.cache.compression) return append_stored(output, asked, entry, status, at, connection);
  const auto fitted = codings.fit(entry, asked);
  return append_stored(output, asked, fitted.entry, status, at, connection, fitted.varies);
}

std::uint32_t Desk::label_of(const rules::Verdict& verdict) {
  if (!verdict.upstream) return 0;
  auto& known = verdict.rule ? labels_of_rules_ : labels_of_upstreams_;
  const auto index = verdict.rule ? verdict.rule->index : verdict.upstream->index;
  if (index >= known.size()) known.resize(index + 1, 0);
  if (known[index] == 0) {
    const std::string_view type = verdict.rule ? std::string_view{verdict.rule->type} : std::string_view{};
    known[index] = services.metrics.label(type, verdict.upstream->name) + 1;
  }
  return known[index] - 1;
}

}  // namespace cachearr::proxy
