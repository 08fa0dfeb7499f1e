#include "app/doctor/findings_upstreams.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"

namespace cachearr::app::doctor {
namespace {

constexpr std::int64_t kSkewNoticed = 60, kSkewHarmful = 300;
constexpr std::uint64_t kUsedEnough = 20;  // requests, to miss a quota

Finding failed_probe(const UpstreamFacts& upstream, const Probe& probe) {
  using Failure = Probe::Failure;
  const auto what = upstream.name + " (" + upstream.origin + ") ";
  const std::string why = "what is not stored cannot be fetched from it";
  switch (probe.failure) {
    case Failure::dns:
      return {"dns", Level::error, what + "has no address: " + probe.error, why,
              "check the name, and /etc/resolv.conf of this machine or container"};
    case Failure::tls:
      return {
          "tls", Level::error, what + "cannot be trusted: " + probe.error, why,
          "check this machine's clock and ca-certificates; for a certificate of your own: \"tls\": {\"ca_file\": ...}"};
    case Failure::time:
      return {"reach", Level::error, what + "does not answer in time", why,
              "check the network, and whether a proxy is needed (\"proxy\" of the upstream)"};
    default: break;
  }
  return {"reach", Level::error, what + "cannot be reached: " + probe.error, why,
          "check that it runs there, and firewalls"};
}

/// Without a majority nobody knows who is wrong.
void look_at_disagreeing_clocks(const Facts& facts, Findings& into) {
  for (const auto& upstream : facts.upstreams) {
    const auto skew = upstream.probe ? upstream.probe->skew_seconds.value_or(0) : 0;
    if (std::abs(skew) < kSkewNoticed) continue;
    into.push_back({"clock", Level::notice,
                    "the clock of " + upstream.name + " is " + std::to_string(std::abs(skew)) + " s " +
                        (skew > 0 ? "behind" : "ahead of") + " this machine's",
                    "the upstreams do not agree on the time, so that either may be wrong",
                    "see whether this machine's clock is set by the network (timedatectl)"});
  }
}

}  // namespace

void look_at_origins(const Facts& facts, Findings& into) {
  std::vector<std::string> shipped;
  for (const auto& upstream : facts.upstreams) {
    if (!upstream.origin.empty()) continue;
    if (!upstream.own) {
      shipped.push_back(upstream.name);
      continue;
    }
    into.push_back({"origin", Level::warning, "the upstream " + upstream.name + " has no origin",
                    "what comes for it by its mount or its listener goes nowhere",
                    "add \"origin\": \"http://host:port\" to it in the rules"});
  }
  if (!shipped.empty())
    into.push_back({"origin", Level::notice, "of the shipped upstreams " + text::joined(shipped) + " have no origin",
                    "they are applications of your own, and the program does not know where they are",
                    "name those that you use in a rules file: \"upstreams\": {\"" + shipped.front() +
                        "\": {\"origin\": \"http://host:port\"}}"});
}

void look_at_quotas(const Facts& facts, Findings& into) {
  for (const auto& upstream : facts.upstreams)
    if (upstream.is_indexer && upstream.requests >= kUsedEnough && !upstream.has_quota)
      into.push_back(
          {"quota", Level::notice,
           upstream.name + " was asked " + std::to_string(upstream.requests) + " times, and no quota of it is known",
           "neither the rules nor its answers say how much it allows",
           "if its account page names a limit: \"rate\": {\"quota\": [{\"limit\": N, \"per\": \"day\"}]}"});
}

void look_at_reach(const Facts& facts, Findings& into) {
  if (!facts.rules_are_known)
    return into.push_back({"reach", Level::notice, "no upstream was looked at, and nothing that is intercepted",
                           "the configuration or the rules that name them cannot be read", "mend those first"});
  std::vector<std::string> reached, spared;
  for (const auto& upstream : facts.upstreams) {
    if (!facts.offline && !upstream.left_alone_as.empty())
      spared.push_back(upstream.name + " (" + upstream.left_alone_as + ")");
    if (!upstream.probe) continue;
    if (upstream.probe->failure == Probe::Failure::none) reached.push_back(upstream.name);
    if (upstream.probe->failure != Probe::Failure::none) into.push_back(failed_probe(upstream, *upstream.probe));
  }
  if (!reached.empty()) into.push_back({"reach", Level::ok, "reached: " + text::joined(reached), {}, {}});
  if (!spared.empty())
    into.push_back({"reach", Level::ok, "not asked, to spare them: " + text::joined(spared), {}, {}});
  if (facts.offline) into.push_back({"reach", Level::ok, "no upstream was asked, as wanted", {}, {}});
}

/// The middle of what the upstreams say, where most agree with it: one of them may be wrong itself.
void look_at_clock(const Facts& facts, Findings& into) {
  std::vector<std::int64_t> skews;
  for (const auto& upstream : facts.upstreams)
    if (upstream.probe && upstream.probe->skew_seconds) skews.push_back(*upstream.probe->skew_seconds);
  if (skews.empty()) return;
  const auto middle_at = skews.begin() + static_cast<std::ptrdiff_t>(skews.size() / 2);
  std::nth_element(skews.begin(), middle_at, skews.end());
  const auto middle = *middle_at;
  const auto agreeing = std::count_if(skews.begin(), skews.end(),
                                      [&](std::int64_t each) { return std::abs(each - middle) < kSkewNoticed; });
  if (static_cast<std::size_t>(agreeing) * 2 <= skews.size()) return look_at_disagreeing_clocks(facts, into);
  const auto skew = std::abs(middle);
  if (skew < kSkewNoticed) return into.push_back({"clock", Level::ok, "the clock agrees with the upstreams'", {}, {}});
  into.push_back({"clock", skew < kSkewHarmful ? Level::warning : Level::error,
                  "this machine's clock is " + std::to_string(skew) + " s " + (middle > 0 ? "ahead" : "behind"),
                  "ages, quotas that reset at a time of day, and certificates are judged by it",
                  "let it be set by the network (timedatectl set-ntp true)"});
}

}  // namespace cachearr::app::doctor
