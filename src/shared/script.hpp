// A Lua script that runs inside the server as one step: sent by its hash, and in full where the server has lost it.
//
// Scripts live as long as the program; running one belongs to the link's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/link.hpp"

namespace cachearr::shared {

class Script {
 public:
  explicit Script(std::string_view body);
  /// What is sent to a server of this version: where servers understand it, with the word that it may run while memory
  /// is full.
  const std::string& text(const ServerInfo& server) const noexcept { return is_modern(server) ? modern_ : plain_; }
  const std::string& hash(const ServerInfo& server) const noexcept {
    return is_modern(server) ? modern_hash_ : plain_hash_;
  }

 private:
  static bool is_modern(const ServerInfo& server) noexcept;
  std::string modern_, plain_;
  std::string modern_hash_, plain_hash_;
};

using Words = std::vector<std::string>;
/// REQUIRES: link.is_up().
void run_script(Link& link, const Script& script, const Words& keys, const Words& arguments, Link::Done done);

}  // namespace cachearr::shared
