#include "shared/news.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "limit/state_codec.hpp"
#include "shared/script.hpp"

namespace cachearr::shared {

using caching::Invalidation;

namespace {

constexpr std::string_view kPurpose = "news 1";
constexpr std::string_view kStateName = "shared-news", kOutboxName = "shared-outbox";
constexpr std::string_view kPage = "100", kWaitMs = "2000", kMostInStream = "10000";
constexpr std::size_t kPageSize = 100;
constexpr std::chrono::seconds kSilent{6};
constexpr unsigned kOrdinalBits = 48;
constexpr std::size_t kDigitsOfId = 16;

/// A new epoch begins where the server has lost its own, has one from before ours, or is not the one that we have
/// heard: after two were masters at once, ordinals may be the same, but not the places of the entries. Later epochs
/// have greater numbers, so that one that comes back with an old dump is known as such. The stream begins empty, since
/// what lies there belongs to the epoch before.
const Script& sync_script() {
  static const Script script{R"lua(
local check, epoch, heard, place, anew = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5] == '1'
local function is_ours(n)
  if n < heard or anew then return false end
  if place == '' or #redis.call('XRANGE', KEYS[2], place, place) > 0 then return true end
  local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  return not oldest or (tonumber(oldest[2][2]) or 0) > heard
end
local time = redis.call('TIME')
local later = string.format('%.0f', math.max(time[1] * 1000000 + time[2], epoch + 1))
local begins = redis.call('HSETNX', KEYS[1], 'epoch', later) == 1
redis.call('HSETNX', KEYS[1], 'check', check)
local t = redis.call('HMGET', KEYS[1], 'epoch', 'check', 'n')
local was, n = tonumber(t[1]) or 0, tonumber(t[3]) or 0
if t[2] == check and (was < epoch or (was == epoch and not is_ours(n))) then
  redis.call('HSET', KEYS[1], 'epoch', later)
  t[1] = later
  begins = true
end
if begins then redis.call('UNLINK', KEYS[2]) end
return {t[1], t[2], n}
)lua"};
  return script;
}

const Script& send_script() {
  static const Script script{R"lua(
if redis.call('HGET', KEYS[2], 'epoch') ~= ARGV[2] then return -1 end
local last
for i = 4, #ARGV, 2 do
  last = redis.call('HINCRBY', KEYS[2], 'n', 1)
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'n', last, 'in', ARGV[2], 'by', ARGV[1], 'id', ARGV[i],
    'e', ARGV[i + 1])
end
return last
)lua"};
  return script;
}

}  // namespace

News::News(Parts parts) : parts_{std::move(parts)}, log_{to_hex(hash128(parts_.identity)).substr(0, kDigitsOfId)} {}

void News::restore() {
  const auto state = parts_.store.get_state(kStateName);
  limit::StateReader reader{state};
  const auto epoch = reader.number(), heard = reader.number();
  if (!state.empty() && reader.ok()) {
    epoch_ = epoch;
    heard_ = heard;
    heard_at_ = reader.text();  // empty where a version before this one has kept it
  }
  log_.restore_outbox(decode_outbox(parts_.store.get_state(kOutboxName)));
}

std::optional<std::uint64_t> News::ordinal_of(store::SharedMoment moment) const noexcept {
  if (moment == 0 || moment >> kOrdinalBits != serial_) return std::nullopt;
  return moment & ((std::uint64_t{1} << kOrdinalBits) - 1);
}

void News::publish_moment() noexcept {
  const auto now = (std::uint64_t{serial_} << kOrdinalBits) | heard_;
  moment_.store(ready_ ? now : 0, std::memory_order_release);
}

void News::set_ready(bool ready) {
  const bool changed = ready_ != ready;
  ready_ = ready;
  publish_moment();
  if (changed) parts_.changed();
}

void News::fail(const std::string& why) {
  problem_ = why;
  set_ready(false);
  if (link_) link_->reset();
}

void News::give_up(const std::string& why) {
  problem_ = why;
  set_ready(false);
  if (link_) link_->give_up(why);
}

/// Who lacks rights does so for a while; what a busy or moved server says is over soon.
void News::refused(const std::string& what, const Reply& reply) {
  const auto why = what + reply.text.substr(0, 200);
  const bool for_good = reply.is_error("NOPERM") || reply.is_error("NOAUTH") || reply.is_error("ERR");
  for_good ? give_up(why) : fail(why);
}

void News::reading_link_up(std::shared_ptr<Link> link) {
  link_ = std::move(link);
  sync();
}

void News::reading_link_down() {
  link_.reset();
  set_ready(false);
}

/// Whether the server still is who it was, and how far the others have come.
void News::sync() {
  const auto check = parts_.sealer.name_of("check", parts_.names.prefix);
  const std::string anew = disorder_ ? "1" : "0";
  run_script(*link_, sync_script(), {parts_.names.counter(), parts_.names.stream()},
             {check, std::to_string(epoch_), std::to_string(heard_), heard_at_, anew},
             [this, check, taken_up_to = taken_up_to_](const Reply* reply) {
               if (!reply) return;
               if (reply->kind != Reply::Kind::list || reply->items.size() != 3)
                 return refused("the server refuses the script of the invalidations: ", *reply);
               other_secret_ = reply->items[1].text != check;
               if (other_secret_) return give_up("the instances there have another secret: nothing is shared");
               synced(*reply, taken_up_to);
             });
}

/// A server that knows less than its receipt has lost what it had taken.
void News::synced(const Reply& reply, std::optional<std::uint64_t> taken_up_to) {
  const auto epoch = text::parse_unsigned(reply.items[0].text).value_or(0);
  newest_ = static_cast<std::uint64_t>(std::max<std::int64_t>(reply.items[2].to_number(), 0));
  if (taken_up_to && taken_up_to == taken_up_to_ && *taken_up_to > newest_) nothing_is_under_way();
  if (epoch != epoch_ || serial_ == 0) begin_epoch(epoch);
  read_page();
}

/// The first one of all is no gap: nothing was ever agreed on.
void News::begin_epoch(std::uint64_t epoch) {
  if (epoch != epoch_) {
    if (epoch_ != 0) missed();
    heard_ = newest_;
    heard_at_.clear();
  }
  epoch_ = epoch;
  ++serial_;
  begun_ = false;
  last_id_.clear();
  foreign_ = disorder_ = false;
  unsaved_ = true;
  if (taken_up_to_) nothing_is_under_way();  // that was in the epoch before
  set_ready(false);
}

void News::read_page() {
  const auto from = last_id_.empty() ? std::string{"-"} : "(" + last_id_;
  link_->send({"XRANGE", parts_.names.stream(), from, "+", "COUNT", kPage}, [this](const Reply* reply) {
    if (!reply) return;
    if (reply->kind != Reply::Kind::list) return refused("the invalidations cannot be read: ", *reply);
    take_page(*reply);
  });
}

void News::take_page(const Reply& reply) {
  take_items(reply);
  if (disorder_) return begin_anew();
  if (reply.items.size() >= kPageSize) return read_page();
  if (std::exchange(foreign_, false)) return sync();  // has an epoch begun meanwhile?
  caught_up();
  if (link_) wait_for_more();
}

void News::take_items(const Reply& list) {
  for (const auto& each : list.items) {
    if (!each.is_list() || each.items.size() != 2) continue;
    last_id_ = each.items[0].text;
    take_item(item_of(last_id_, each.items[1]));
    if (disorder_) break;
  }
  publish_moment();
}

News::Item News::item_of(const std::string& at, const Reply& fields) {
  Item item;
  item.at = at;
  const auto* const ordinal = fields.find("n");
  const auto* const epoch = fields.find("in");
  const auto* const by = fields.find("by");
  const auto* const sealed = fields.find("e");
  if (!ordinal || !epoch || !by || !sealed) return item;
  item.epoch = text::parse_unsigned(epoch->text).value_or(0);
  item.ordinal = static_cast<std::uint64_t>(std::max<std::int64_t>(ordinal->to_number(), 0));
  item.by = by->text;
  if (const auto* const id = fields.find("id")) item.id = id->text;
  const auto plain = parts_.sealer.open(kPurpose, {}, sealed->text);
  if (plain) item.what = decode_news(*plain);
  return item;
}

/// What cannot be read may have named anything. What is our own was in force here before it was sent, if only by an
/// earlier process.
void News::take_item(const Item& item) {
  if (item.ordinal == 0) return;
  if (item.epoch != epoch_) {
    foreign_ = true;
    return;
  }
  const auto what = item.what.value_or(Invalidation{Invalidation::Kind::all, {}, true});
  if (!std::exchange(begun_, true)) log_.start_at(item.ordinal - 1);
  if (log_.add(item.ordinal, what) == NewsLog::Arrival::known) {
    disorder_ = true;
    return;
  }
  const bool is_own = log_.came_back(item.id) || item.by == parts_.identity;
  unsaved_ = unsaved_ || is_own;
  if (item.ordinal == heard_) heard_at_ = item.at;
  if (item.ordinal <= heard_) return;
  if (item.ordinal != heard_ + 1) missed();
  heard_ = item.ordinal;
  heard_at_ = item.at;
  unsaved_ = true;
  if (is_own) return;
  ++counts_.received;
  parts_.store.invalidate_soon(what);
}

void News::begin_anew() {
  set_ready(false);
  sync();
}

void News::caught_up() {
  if (heard_ < newest_) {
    missed();
    heard_ = newest_;
    heard_at_.clear();
  }
  if (!std::exchange(begun_, true)) log_.start_at(heard_);
  if (std::exchange(gap_, false)) {
    ++counts_.gaps;
    gap_at_ = parts_.clock.now();
    log_.skip_to(heard_);
    parts_.store.invalidate_soon({Invalidation::Kind::all, {}, true});
    log::warning("the shared tier has lost invalidations of others: everything older is asked for again");
  }
  problem_.clear();
  proof_ = std::chrono::steady_clock::now();
  settle();
  set_ready(true);
}

void News::wait_for_more() {
  link_->send({"XREAD", "BLOCK", kWaitMs, "COUNT", kPage, "STREAMS", parts_.names.stream(),
               last_id_.empty() ? "0-0" : last_id_},
              [this](const Reply* reply) {
                if (!reply || !link_) return;
                if (reply->is_error()) return refused("the invalidations cannot be read: ", *reply);
                const auto* const items = reply->find(parts_.names.stream());
                if (!items) return sync();  // quiet: is everything as it was?
                take_items(*items);
                if (disorder_) return begin_anew();
                if (std::exchange(foreign_, false)) return sync();
                if (gap_) caught_up();
                settle();
                proof_ = std::chrono::steady_clock::now();
                wait_for_more();
              });
}

bool News::queue(const Invalidation& what, std::vector<store::EntryPtr> instead) {
  unsaved_ = true;
  return log_.queue(what, std::move(instead));
}

/// As one command, and the next only when all of it came back: so they are taken in their order, wherever a command has
/// to be sent on or again.
void News::flush(Link& commands) {
  if (!ready_ || !commands.is_up()) return;
  for (const auto& each : log_.take_replacements()) parts_.replaced(each.entry, each.ordinal);
  if (under_way_ > 0 || log_.outbox().empty()) return;
  under_way_ = std::min(log_.outbox().size(), NewsLog::kMostUnderWay);
  Words words{parts_.identity, std::to_string(epoch_), std::string{kMostInStream}};
  for (std::size_t i = 0; i < under_way_; ++i) {
    const auto& own = log_.outbox()[i];
    words.push_back(own.id);
    words.push_back(parts_.sealer.seal(kPurpose, {}, encode_news(own.ban.what)));
  }
  run_script(commands, send_script(), {parts_.names.stream(), parts_.names.counter()}, words,
             [this, epoch = epoch_](const Reply* reply) {
               if (reply && under_way_ > 0) take_receipt(*reply, epoch);
             });
}

/// Those that were not taken are sent once more.
void News::take_receipt(const Reply& reply, std::uint64_t epoch) {
  if (reply.kind != Reply::Kind::number || reply.number < static_cast<std::int64_t>(under_way_)) {
    nothing_is_under_way();
    return fail("an invalidation was not taken: " +
                (reply.is_error() ? reply.text.substr(0, 200) : std::string{"the server has begun anew"}));
  }
  counts_.sent += under_way_;
  if (epoch != epoch_) return nothing_is_under_way();
  taken_up_to_ = static_cast<std::uint64_t>(reply.number);
  settle();
}

void News::settle() {
  if (!taken_up_to_ || heard_ < *taken_up_to_) return;
  nothing_is_under_way();
  parts_.changed();
}

void News::nothing_is_under_way() noexcept {
  under_way_ = 0;
  taken_up_to_.reset();
}

Duration News::lag() const noexcept {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - proof_);
}

void News::tick() {
  if (ready_ && std::chrono::steady_clock::now() - proof_ > kSilent) fail("the stream of invalidations is silent");
  save();
}

/// What is not sent yet is on the disk with the next write there.
void News::save() {
  if (!std::exchange(unsaved_, false)) return;
  limit::StateWriter writer;
  writer.number(epoch_);
  writer.number(heard_);
  writer.text(heard_at_);
  parts_.store.put_state(kStateName, writer.take());
  parts_.store.put_state(kOutboxName, encode_outbox(log_.outbox()));
}

}  // namespace cachearr::shared
