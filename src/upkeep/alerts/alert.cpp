#include "upkeep/alerts/alert.hpp"

#include <algorithm>
#include <array>

namespace cachearr::upkeep {

namespace {

using enum HealthNote::Severity;

constexpr auto kKinds = std::to_array<AlertKind>({
    {"hit-rate", warning,
     "Look for what is asked for again and again: \"cachearr explain URL\" says why an answer is not stored; a rule "
     "may "
     "give it a longer life."},
    {"memory", warning, "Give the memory tier more (memory.max_bytes), or shorten the lifetimes of large answers."},
    {"disk", warning, "Give the disk tier more (disk.max_bytes), or shorten the lifetimes of large answers."},
    {"keys", notice, "Raise cache.max_keys where that many are meant to be kept, else shorten lifetimes."},
    {"key-hit-rate", notice,
     "Lengthen the lifetime of these keys by a rule, or do not store them (\"policy\": \"never\")."},
    {"quota-low", warning,
     "Lengthen lifetimes of this upstream, or set \"mode\": \"prefer-cache\" until the quota is renewed."},
    {"quota-spent", warning, "What is stored is served until the quota is renewed; nothing has to be done."},
    {"cooldown", notice,
     "What is stored is served until the pause is over. Where it comes often, lower the upstream's \"rate\"."},
    {"upstream-down", warning, "Look whether the service is reachable from here; what is stored is served meanwhile."},
    {"upstream-drift", warning,
     "The service has changed what it answers: look at an answer and at what the rule expects (\"expect\", "
     "\"refuse_if\")."},
    {"store", error, "Look at space, rights and health of the disk under the store; it is tried again by itself."},
    {"rules", error, "\"cachearr check\" names every mistake; then \"cachearr reload\"."},
    {"event-feed", warning,
     "Look whether the application runs and whether its key in \"api_key_file\" is right; \"cachearr upstreams\" tells "
     "more. Until the feed is up again, answers of the application live shortly."},
    {"authority-expiring", warning,
     "\"cachearr ca init --renew\" makes a new authority, which every client then has to trust."},
    {"warmup-failed", warning,
     "\"cachearr jobs\" tells how far it came; what it says of upstreams is in their rules (\"origin\", "
     "\"api_key_file\"). \"cachearr warm\" tries again."},
    {"shared", warning,
     "\"cachearr shared status\" tells how the Redis is; until it is well, this instance goes on alone."},
    {"authority-renew", warning, "\"cachearr ca init --renew\" makes an authority that covers the hosts of the rules."},
});

}  // namespace

std::span<const AlertKind> alert_kinds() noexcept { return kKinds; }

const AlertKind* find_alert_kind(std::string_view id) noexcept {
  const auto* const found =
      std::find_if(kKinds.begin(), kKinds.end(), [id](const AlertKind& kind) { return kind.id == id; });
  return found == kKinds.end() ? nullptr : &*found;
}

}  // namespace cachearr::upkeep
