// From the configuration to the tier that instances share. Main thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "authority/client_context.hpp"
#include "base/result.hpp"
#include "shared/tier.hpp"
#include "store/store.hpp"

namespace cachearr::app {

/// The secret that all instances have; none where nothing is shared. The error: why a start with these settings fails,
/// as far as files and addresses tell.
Result<std::optional<std::string>> shared_secret(const SharedConfig& config);
/// Why nothing is shared although a Redis is named; empty: it is, or none is named.
std::string shared_problem(const SharedConfig& config);
/// What `check` says of it: nothing is wrong, but it may not be what was meant.
std::vector<std::string> shared_notes(const SharedConfig& config);
struct SharedSecrets {
  std::string common;  // of all instances
  std::string own;     // of this one
};
/// The tier, not started; null where nothing is shared. `contexts` outlive it.
Result<std::unique_ptr<shared::Tier>> make_shared_tier(const SharedConfig& config, const SharedSecrets& secrets,
                                                       store::Store& store, const Clock& clock,
                                                       authority::ClientContexts& contexts);

}  // namespace cachearr::app
