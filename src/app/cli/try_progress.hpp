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
  /// It came from this address, and ended a connection since it does not trust the authority.
  void saw_distrust(const std::string& address) { distrusting_ = address; }
  /// Some program refused the authority before it sent any request, by which it could be recognised.
  void saw_refusal(const std::string& note) { refusal_ = note; }
  /// Its requests arrive, and the cache has answered one.
  bool is_complete() const noexcept { return hit_; }
  bool has_begun() const noexcept { return cacheable_ || tunnelled_ || passed_; }
  /// What is still missing, and why that may be.
  std::string missing() const;

 private:
  bool cacheable_ = false, hit_ = false;
  bool tunnelled_ = false;   // its https goes by unseen
  bool passed_ = false;      // served, but of a kind that is never cached
  std::string failure_;      // why the last that was not served was not
  std::string distrusting_;  // its address
  std::string refusal_;
};

}  // namespace cachearr::app
