// How far an application has come: what its requests tell, one after the other. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace cachearr::app {

class TryProgress {
 public:
  /// A request of the application, as the live stream tells it. Gives what is new since the one before, a line each.
  std::vector<std::string> saw(const nlohmann::ordered_json& request);
  /// Its requests arrive, and the cache has answered one.
  bool is_complete() const noexcept { return hit_; }
  bool has_begun() const noexcept { return arrived_; }
  /// What is still missing, and why that may be.
  std::string missing() const;

 private:
  bool arrived_ = false, seen_inside_ = false, hit_ = false;
  bool only_tunnels_ = false;  // its https goes by unseen
};

}  // namespace cachearr::app
