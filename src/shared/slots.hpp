// Where a key lies in a Cluster: its slot, who serves that, and what a node says that has it no more. Pure.
//
// A Cluster has 16,384 slots; each master serves some of them. Keys with the same text in braces lie in one slot, so
// that a script may touch all of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "shared/resp.hpp"
#include "shared/server_address.hpp"

namespace cachearr::shared {

using Slot = std::uint16_t;
inline constexpr std::size_t kSlots = 16'384;

/// By the text in its first braces, where there is one, else by all of it.
Slot slot_of(std::string_view key) noexcept;
/// The first key of a command as command() makes it; none: it has no key, or is none of those that the tier sends.
std::optional<std::string_view> key_of(std::string_view command) noexcept;

/// "MOVED 3999 127.0.0.1:6381": the slot is served there. "ASK …": this once, since it is on its way there.
struct Redirect {
  bool is_for_once = false;
  Slot slot = 0;
  ServerHost host;  // without a name: the one that says so
  friend bool operator==(const Redirect&, const Redirect&) = default;
};
std::optional<Redirect> read_redirect(const Reply& reply);

class SlotMap {
 public:
  /// What CLUSTER SLOTS answers. `asked`: who was asked, since nodes may leave out their own name. None: no such
  /// answer.
  static std::optional<SlotMap> read(const Reply& reply, std::string_view asked);

  /// Every slot is served by somebody.
  bool is_complete() const noexcept;
  /// Null where nobody serves it.
  const ServerHost* master_of(Slot slot) const noexcept;
  const std::vector<ServerHost>& masters() const noexcept { return masters_; }
  /// Masters, then replicas: whoever may be asked for a map.
  std::vector<ServerHost> nodes() const;

 private:
  void add(Slot first, Slot last, const ServerHost& master);

  std::array<std::uint16_t, kSlots> served_by_{};  // 1: the first of masters_; 0: nobody
  std::vector<ServerHost> masters_, replicas_;
};

}  // namespace cachearr::shared
