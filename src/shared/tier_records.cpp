// Answers to and from the server.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "caching/cache_control.hpp"
#include "caching/reuse.hpp"
#include "http/message.hpp"
#include "shared/look_up.hpp"

namespace cachearr::shared {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::uint64_t kMostQueued = 64ULL * 1024 * 1024;
constexpr Duration kLeastPatience{5}, kMostPatience{100};
constexpr Duration kLongestArrival{2'000};  // of what no origin can give instead
constexpr Duration kLongestLife{30LL * 86'400'000};
constexpr std::chrono::seconds kPauseWhenFull{10};
constexpr int kFullPercent = 90;
constexpr std::size_t kBegin =
    64;  // of a record, by which it is known again: its header, and what begins its first seal

std::string id_of(const Sealer& sealer, std::string_view identity) { return sealer.name_of("record", identity); }

/// What a rule has stored though it is private is this instance's own affair. It stores what is "no-store" only where
/// it passes over that word by name.
bool may_leave_here(const store::Entry& entry) {
  http::ResponseHead head;
  if (!http::parse_stored_head(entry.head(), head)) return false;
  const auto says = caching::response_directives(head.fields);
  return !says.is_private && says.private_fields.empty();
}

/// Invalidated, or replaced by hand, since it was asked for.
bool is_overtaken(const NewsLog& log, std::uint64_t ordinal, const store::Entry& entry) {
  return log.validity(ordinal, store::target_of(entry)) != store::Validity::valid;
}

/// A record of the same epoch that is stamped with a later ordinal stays. Where these figures stand: record.cpp.
const Script& replace_script() {
  static const Script script{R"lua(
local old = redis.call('GETRANGE', KEYS[1], 8, 23)
local function ordinal(stamp) return struct.unpack('<I8', string.sub(stamp, 9)) end
local new = string.sub(ARGV[1], 9, 24)
if #old == 16 and string.sub(old, 1, 8) == string.sub(new, 1, 8) and ordinal(old) > ordinal(new) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
return 1
)lua"};
  return script;
}

}  // namespace

Duration Tier::patience() const noexcept {
  if (options_.lookup_timeout) return *options_.lookup_timeout;
  const auto trips = std::chrono::duration_cast<Duration>(pulse_.offset().round_trip() * 4);
  return std::clamp(trips, kLeastPatience, kMostPatience);
}

void Tier::find(std::string identity, std::uint32_t generation, store::WhereMissing missing, Found done) {
  const bool may_claim = options_.collapse && missing == store::WhereMissing::claimed;
  const bool is_nowhere_else = missing == store::WhereMissing::lost;
  loop_.post([this, identity = std::move(identity), generation, may_claim, is_nowhere_else, done = std::move(done)] {
    auto look_up = std::make_shared<LookUp>(loop_.context());
    look_up->id = hash128(identity);
    look_up->name = id_of(sealer_, identity);
    look_up->key = names_.record(look_up->name);
    look_up->identity = identity;
    look_up->generation = generation;
    look_up->may_claim = may_claim;
    look_up->is_nowhere_else = is_nowhere_else;
    look_up->done = done;
    ask(look_up);
  });
}

/// Where no time is configured.
Steady::time_point Tier::latest_end_of(const LookUp& look_up) {
  return look_up.asked + (look_up.is_nowhere_else ? kLongestArrival : kMostPatience);
}

/// A long answer takes its time on the way: as long as something comes, it is waited for.
bool Tier::is_arriving(LookUp& look_up) const {
  const auto received = commands_->received_for(look_up.key);
  const bool has_more = std::exchange(look_up.received, received) != received;
  return has_more && !options_.lookup_timeout && Steady::now() < latest_end_of(look_up);
}

/// From now on the server has its time, for each question anew.
void Tier::give_time(const LookUpPtr& look_up) {
  look_up->asked = Steady::now();
  look_up->received = commands_->received_for(look_up->key);
  watch(look_up);
}

/// Answers it where the server does not do so in time.
void Tier::watch(const LookUpPtr& look_up) {
  const auto patient_until = Steady::now() + (look_up->is_nowhere_else ? kMostPatience : patience());
  look_up->timer.expires_at(options_.lookup_timeout ? look_up->asked + *options_.lookup_timeout
                                                    : std::min(patient_until, latest_end_of(*look_up)));
  look_up->timer.async_wait([this, look_up](const boost::system::error_code& cancelled) {
    if (cancelled || look_up->is_late()) return;
    if (is_arriving(*look_up)) return watch(look_up);
    ++counts_.timeouts;
    if (!look_up->is_nowhere_else) breaker_.failed(Steady::now());  // which speaks for requests of clients
    look_up->give_up();
    update();
  });
}

void Tier::ask(const LookUpPtr& look_up) {
  if (!may_ask() || !commands_->is_up()) return look_up->give_up();
  give_time(look_up);
  commands_->send({"GET", look_up->key}, [this, look_up, asked = look_up->asked](const Reply* reply) {
    if (reply) took(Command::get, asked, *reply);
    take(look_up, reply);
  });
}

void Tier::take(const LookUpPtr& look_up, const Reply* reply) {
  const bool answered = reply && !reply->is_error();
  const bool found = answered && reply->kind == Reply::Kind::text;
  if (look_up->is_late()) {
    counts_.late += found ? 1 : 0;
  } else {
    answered ? breaker_.succeeded(Steady::now()) : breaker_.failed(Steady::now());
  }
  if (reply && !answered) ++counts_.rejected["error"];
  if (answered && reply->kind == Reply::Kind::too_large) ++counts_.rejected[std::string{name_of(RecordFault::size)}];
  if (found && take_record(*look_up, reply->text)) return;
  counts_.misses += look_up->has_waited() ? 0 : 1;
  if (answered && reply->kind == Reply::Kind::too_large) return look_up->give_up();
  if (found) look_up->useless = reply->text.substr(0, kBegin);
  if (answered && look_up->may_claim && !look_up->is_late()) return claim(look_up);
  look_up->give_up();
}

bool Tier::take_record(LookUp& look_up, std::string_view bytes) {
  store::EntryPtr entry;
  const auto fault = judge(look_up, bytes, entry);
  if (fault != RecordFault::none) ++counts_.rejected[std::string{name_of(fault)}];
  if (!entry) return false;
  // Another fetch may have stored a newer one here meanwhile.
  const auto here = store_.find(look_up.id, look_up.identity);
  if (here) look_up.known_ms = std::max(look_up.known_ms, here->meta.stored_ms);
  // A value by hand is looked for where what is here is over: the same one may be here, made stale meanwhile.
  const bool is_over_here = look_up.is_nowhere_else && look_up.known_ms == entry->meta.stored_ms;
  const bool is_newer = look_up.known_ms < entry->meta.stored_ms || is_over_here;
  if (is_newer) store_.put(entry);
  if (!ends_with(look_up, entry, is_newer)) return false;
  ++counts_.hits;
  note_wait(look_up, "found");
  look_up.answer(std::move(entry));
  return true;
}

/// What is no newer than what is here, or stale, has to be fetched as what is missing has: by one for all. Who has
/// waited for that takes what has come of it.
bool Tier::ends_with(LookUp& look_up, const store::EntryPtr& entry, bool is_newer) const {
  const auto& meta = entry->meta;
  if ((meta.flags & caching::kVaryMarker) != 0 || !look_up.may_claim || look_up.is_late()) return true;
  if (!is_newer) return false;
  if (look_up.has_waited() || caching::judge(meta, {}, clock_.now()).reuse == caching::Reuse::fresh) return true;
  look_up.stale = entry;
  look_up.known_ms = meta.stored_ms;
  return false;
}

/// No invalidation names it. REQUIRES: the card was read.
bool Tier::is_in_force(const RecordReader& reader) const {
  const auto& card = reader.card();
  const auto& stamp = reader.stamp();
  const store::BanTarget target{card.key, card.upstream, card.tags, 0};
  return stamp.epoch == news_.epoch() && news_.log().validity(stamp.ordinal, target) == store::Validity::valid &&
         !local_bans_.hit(stamp.written_ms, target);
}

/// What an invalidation names is no fault, and no answer either.
RecordFault Tier::judge(LookUp& look_up, std::string_view bytes, store::EntryPtr& entry) {
  RecordReader reader{sealer_, look_up.key, bytes};
  const auto fault = reader.read_card(look_up.id, pulse_.offset().ahead(), clock_.now());
  if (fault != RecordFault::none) return fault;
  if (!is_in_force(reader)) return RecordFault::none;
  return reader.read_entry(look_up.identity, look_up.generation, entry);
}

bool Tier::is_worth_sharing(const store::Entry& entry) const {
  const auto& meta = entry.meta;
  if ((meta.flags & (caching::kHitForMiss | caching::kPartial)) != 0) return false;
  if (entry.body().size() + entry.head().size() > options_.max_object_bytes) return false;
  // What notes something of an upstream is each instance's own.
  if ((meta.flags & caching::kByHand) != 0) return entry.upstream().empty();
  if ((meta.flags & caching::kVaryMarker) != 0) return true;
  if ((meta.flags & caching::kNegative) != 0 && !options_.negatives) return false;
  const auto left = meta.fresh_until_ms - clock_.now().time_since_epoch().count();
  return left >= options_.min_ttl.count() && may_leave_here(entry);
}

bool Tier::writes_are_paused() const noexcept {
  return Steady::now() < writes_again_ || pulse_.memory().percent() > kFullPercent;
}

void Tier::note_wait(const LookUp& look_up, const char* result) {
  if (look_up.has_waited() && !look_up.is_late()) ++counts_.waited[result];
}

void Tier::drop(const char* why) { ++counts_.dropped[why]; }

void Tier::put(store::EntryPtr entry, store::SharedMoment asked_at) {
  if (!entry || asked_at == 0 || !may_ask() || !is_worth_sharing(*entry)) return;
  const auto bytes = entry->footprint();
  if (queued_bytes_.load(std::memory_order_relaxed) + bytes > kMostQueued) {
    queue_full_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  queued_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  loop_.post([this, loaded = Loaded{std::move(entry), asked_at}] { write(loaded); });
}

void Tier::write(const Loaded& loaded) {
  const auto bytes = loaded.entry->footprint();
  const auto ordinal = news_.ordinal_of(loaded.asked_at);
  const char* why = nullptr;
  if (!bulk_->is_up() || !news_.is_ready()) why = "away";
  if (!why && (!ordinal || is_overtaken(news_.log(), *ordinal, *loaded.entry))) why = "overtaken";
  if (!why && writes_are_paused()) why = "full";
  if (!why) return send_record(*loaded.entry, *ordinal);
  drop(why);
  queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

Tier::Sealed Tier::sealed(const store::Entry& entry, std::uint64_t ordinal) {
  auto key = names_.record(id_of(sealer_, entry.identity()));
  const auto ahead = pulse_.offset().ahead();
  const auto now = clock_.now();
  const auto until = std::min(TimePoint{Duration{useless_after_ms(entry.meta)}}, now + kLongestLife) + ahead;
  const RecordStamp stamp{news_.epoch(), ordinal, (now + ahead).time_since_epoch().count()};
  auto record = seal_record(sealer_, key, entry, stamp, ahead);
  return {std::move(key), std::move(record), std::to_string(until.time_since_epoch().count())};
}

void Tier::send_record(const store::Entry& entry, std::uint64_t ordinal) {
  const auto [key, record, useless_at] = sealed(entry, ordinal);
  bulk_->send({"SET", key, record, "PXAT", useless_at},
              [this, bytes = entry.footprint(), sent = Steady::now()](const Reply* reply) {
                if (reply) took(Command::set, sent, *reply);
                written(bytes, reply);
              });
}

/// Nobody fetches it once more: it is not left out where the link for records comes up a moment later. Of two that
/// replace one another the later one stays, whichever comes first.
void Tier::send_instead(const store::EntryPtr& entry, std::uint64_t ordinal) {
  if (writes_are_paused()) return drop("full");
  auto* const link = bulk_->is_up() ? bulk_.get() : commands();
  if (!link) return drop("away");
  const auto bytes = entry->footprint();
  queued_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  const auto [key, record, useless_at] = sealed(*entry, ordinal);
  run_script(*link, replace_script(), {key}, {record, useless_at},
             [this, bytes, sent = Steady::now()](const Reply* reply) {
               if (reply) took(Command::set, sent, *reply);
               written(bytes, reply);
             });
}

void Tier::written(std::uint64_t bytes, const Reply* reply) {
  queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  if (reply && !reply->is_error()) {
    ++counts_.written;
    return;
  }
  const bool full = reply && (reply->is_error("OOM") || reply->is_error("MISCONF"));
  if (full) writes_again_ = Steady::now() + kPauseWhenFull;
  drop(full ? "full" : reply ? "error" : "away");
}

}  // namespace cachearr::shared
