#include "proxy/desk.hpp"

#include "net/deadlines.hpp"

namespace cachearr::proxy {

/// What must happen now and then on each worker: log lines leave, idle origin connections end.
class Desk::Housekeeping final : public net::Deadline {
 public:
  Housekeeping(net::Deadlines& deadlines, Desk& desk) : Deadline{deadlines}, desk_{desk} { arm(kEvery); }

 private:
  void expire() noexcept override {
    desk_.log.flush();
    if (++turn_ % kSweepTurns == 0) desk_.connections.sweep();
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
      housekeeping_{std::make_unique<Housekeeping>(w.deadlines(), *this)} {}

Desk::~Desk() = default;

void Desk::adopt(Regime next) {
  worker.post([this, next = std::move(next)]() mutable {
    regime = std::move(next);
    labels_.clear();
    considered = Considered{};  // its pointers go into the old rules
  });
}

std::uint32_t Desk::label_of(const rules::Verdict& verdict) {
  if (!verdict.rule) return verdict.upstream ? services.metrics.label("", verdict.upstream->name) : 0;
  const auto index = verdict.rule->index;
  if (index >= labels_.size()) labels_.resize(index + 1, 0);
  if (labels_[index] == 0) labels_[index] = services.metrics.label(verdict.rule->type, verdict.upstream->name) + 1;
  return labels_[index] - 1;
}

}  // namespace cachearr::proxy
