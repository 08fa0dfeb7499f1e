// From the configuration to the limits that instances share. Main thread.
#pragma once

#include <memory>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "fetch/admission_controller.hpp"
#include "shared/budget.hpp"
#include "shared/tier.hpp"
#include "store/store.hpp"

namespace cachearr::app {

/// Null where nothing is shared. `tier` is not started yet and is stopped before this ends; the others
/// outlive both.
std::unique_ptr<shared::Budget> make_shared_budget(const SharedConfig& config, shared::Tier* tier, store::Store& store,
                                                   const Clock& clock, fetch::AdmissionController& admission);

}  // namespace cachearr::app
