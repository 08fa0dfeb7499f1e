#include "pipeline/upstream_modes.hpp"

namespace cachearr::pipeline {

namespace {

using rules::UpstreamMode;
using State = UpstreamModes::State;

constexpr std::uint8_t kPaused = 0x80;

std::uint8_t packed(State state) noexcept {
  return static_cast<std::uint8_t>(static_cast<unsigned>(state.mode) | (state.paused ? kPaused : 0U));
}

State unpacked(std::uint8_t slot) noexcept {
  return {static_cast<UpstreamMode>(slot & ~unsigned{kPaused}), (slot & kPaused) != 0};
}

}  // namespace

UpstreamModes::UpstreamModes(const rules::RuleSet& rules)
    : slots_{std::make_unique<std::atomic<std::uint8_t>[]>(rules.upstreams().size())} {
  for (const auto& upstream : rules.upstreams()) slots_[upstream->index] = packed({upstream->mode, false});
}

UpstreamMode UpstreamModes::of(const rules::Upstream* upstream) const noexcept {
  if (!upstream) return UpstreamMode::live;
  const auto [mode, paused] = state(*upstream);
  return paused ? UpstreamMode::offline : mode;
}

State UpstreamModes::state(const rules::Upstream& upstream) const noexcept {
  return unpacked(slots_[upstream.index].load(std::memory_order_relaxed));
}

std::string UpstreamModes::why_offline(const rules::Upstream& upstream) const {
  return upstream.name + (state(upstream).paused ? " is paused" : " is set to offline");
}

State UpstreamModes::change(const rules::Upstream& upstream, std::optional<bool> paused,
                            std::optional<UpstreamMode> mode) noexcept {
  auto& slot = slots_[upstream.index];
  auto before = slot.load(std::memory_order_relaxed);
  const auto changed = [&](State state) { return packed({mode.value_or(state.mode), paused.value_or(state.paused)}); };
  while (!slot.compare_exchange_weak(before, changed(unpacked(before)), std::memory_order_relaxed)) {}
  return unpacked(before);
}

}  // namespace cachearr::pipeline
