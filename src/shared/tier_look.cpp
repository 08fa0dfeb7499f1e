// What lies in the shared tier for one answer, for people who ask: nothing is claimed, stored or counted.
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "shared/tier.hpp"

namespace cachearr::shared {

namespace {

constexpr std::chrono::seconds kLookPatience{2};
constexpr std::string_view kForNobodyElse = "nobody";

}  // namespace

struct Tier::Look {
  explicit Look(boost::asio::io_context& context) : timer{context} {}
  std::string key;
  Hash128 id;
  Seen seen;
  std::function<void(const Seen&)> done;
  boost::asio::steady_timer timer;

  void end() {
    if (!done) return;
    timer.cancel();
    std::exchange(done, {})(seen);
  }
};

void Tier::look(const std::string& identity, std::function<void(const Seen&)> done) {
  loop_.post([this, identity, done = std::move(done)] {
    auto look = std::make_shared<Look>(loop_.context());
    const auto name = sealer_.name_of("record", identity);
    look->key = names_.record(name);
    look->id = hash128(identity);
    look->done = done;
    if (!is_ready() || !commands_->is_up()) return look->end();
    look->timer.expires_after(kLookPatience);
    look->timer.async_wait([look](const boost::system::error_code& cancelled) {
      if (!cancelled) look->end();
    });
    commands_->send({"GET", names_.lock(name)}, [this, look](const Reply* reply) { see_holder(look, reply); });
  });
}

/// "instance/process/number", of which the first is a name.
void Tier::see_holder(const LookPtr& look, const Reply* reply) {
  if (!reply || reply->is_error() || !look->done || !commands_->is_up()) return look->end();
  const bool is_held = reply->kind == Reply::Kind::text && reply->text != kForNobodyElse;
  if (is_held) look->seen.holder = reply->text.substr(0, reply->text.find('/'));
  commands_->send({"GET", look->key}, [this, look](const Reply* record) { see_record(look, record); });
}

void Tier::see_record(const LookPtr& look, const Reply* reply) {
  auto& seen = look->seen;
  seen.answered = reply && !reply->is_error();
  if (!seen.answered || reply->kind != Reply::Kind::text) return look->end();
  RecordReader reader{sealer_, look->key, reply->text};
  const auto fault = reader.read_card(look->id, pulse_.offset().ahead(), clock_.now());
  seen.fault = fault_of(reader, fault);
  seen.found = seen.fault.empty();
  if (seen.found) {
    seen.fresh_until = TimePoint{Duration{reader.card().meta.fresh_until_ms}};
    seen.useless_after = TimePoint{Duration{useless_after_ms(reader.card().meta)}};
  }
  look->end();
}

/// Why a record is not believed; empty: it is.
std::string Tier::fault_of(const RecordReader& reader, RecordFault fault) const {
  if (fault != RecordFault::none) return std::string{name_of(fault)};
  return is_in_force(reader) ? std::string{} : "invalidated";
}

}  // namespace cachearr::shared
