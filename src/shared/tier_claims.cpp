// One fetch for all instances: who finds nothing either fetches for all, or waits for the one that does.
#include <algorithm>
#include <utility>

#include "shared/look_up.hpp"

namespace cachearr::shared {

using Steady = std::chrono::steady_clock;

namespace {

constexpr std::string_view kLeaseMs = "10000", kNobodyMs = "2000";
constexpr std::chrono::milliseconds kLookAgain{20};
constexpr std::chrono::seconds kLongestWait{5};

/// What the script says besides a lease: the record has come; it was fetched, and is for nobody else.
constexpr std::int64_t kHasCome = -1, kIsForNobody = -2;

const Script& claim_script() {
  static const Script script{R"lua(
if ARGV[3] == '1' and redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
local holder = redis.call('GET', KEYS[2])
if holder == 'nobody' then return -2 end
if not holder then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  return 0
end
return 1
)lua"};
  return script;
}

const Script& release_script() {
  static const Script script{R"lua(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
if ARGV[3] == '0' or redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('UNLINK', KEYS[2]) end
redis.call('SET', KEYS[2], 'nobody', 'PX', ARGV[2])
return 1
)lua"};
  return script;
}

}  // namespace

/// Lives as long as the fetch; its end is told behind the record, on the same link.
struct Tier::Claim final : store::ClaimedFetch {
  Claim(Tier& owner, std::string of, std::string as) : tier{owner}, name{std::move(of)}, nonce{std::move(as)} {}
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim() override {
    tier.loop_.post([&to = tier, of = name, as = nonce, was_asked = asked] { to.release(of, as, was_asked); });
  }
  Tier& tier;
  std::string name, nonce;
};

void Tier::claim(const LookUpPtr& look_up) {
  if (!commands_->is_up()) return look_up->answer({});
  look_up->nonce = identity_ + "/" + std::to_string(++claims_);
  watch(look_up);
  // A record that is not believed is as good as none: it is not waited for.
  run_script(*commands_, claim_script(), {look_up->key, names_.lock(look_up->name)},
             {look_up->nonce, std::string{kLeaseMs}, look_up->is_there ? "0" : "1"},
             [this, look_up, asked = Steady::now()](const Reply* reply) {
               if (reply) took(Command::claim, asked);
               take_claim(look_up, reply);
             });
}

/// What a wait ends with that brings no answer.
const char* Tier::result_of(const Reply& reply) noexcept {
  if (reply.number == 0) return "taken-over";
  return reply.number == kIsForNobody ? "unshared" : "unusable";
}

void Tier::take_claim(const LookUpPtr& look_up, const Reply* reply) {
  const bool told = reply && reply->kind == Reply::Kind::number;
  const bool leads = told && reply->number == 0;
  auto claim = leads ? std::make_shared<Claim>(*this, look_up->name, look_up->nonce) : nullptr;
  const bool has_come = told && reply->number == kHasCome;
  const bool comes_and_goes = has_come && std::exchange(look_up->has_come, true);
  if (look_up->is_late() || !told || leads || reply->number == kIsForNobody || comes_and_goes) {
    note_wait(*look_up, told ? result_of(*reply) : "away");
    return look_up->answer({}, std::move(claim));
  }
  if (has_come) {
    look_up->timer.cancel();
    return ask(look_up);
  }
  wait_for_other(look_up);
}

void Tier::wait_for_other(const LookUpPtr& look_up) {
  const auto now = Steady::now();
  if (look_up->wait_until == Steady::time_point{}) {
    look_up->wait_until = now + kLongestWait;
    ++counts_.waits;
  }
  if (now >= look_up->wait_until) {
    note_wait(*look_up, "too-long");
    return look_up->answer({});
  }
  look_up->timer.expires_after(kLookAgain);
  look_up->timer.async_wait([this, look_up](const boost::system::error_code& cancelled) {
    if (cancelled || look_up->is_late()) return;
    look_up->is_there ? ask(look_up) : claim(look_up);
  });
}

void Tier::release(const std::string& id, const std::string& nonce, bool asked) {
  if (!bulk_ || !bulk_->is_up()) return;  // the lease ends by itself
  run_script(*bulk_, release_script(), {names_.record(id), names_.lock(id)},
             {nonce, std::string{kNobodyMs}, asked ? "1" : "0"}, [](const Reply*) {});
}

}  // namespace cachearr::shared
