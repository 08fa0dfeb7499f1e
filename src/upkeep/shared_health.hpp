// What an operator should know of the tier that instances share. Pure.
#pragma once

#include <vector>

#include "upkeep/health.hpp"

namespace cachearr::upkeep {

void note_shared(const HealthInputs& inputs, std::vector<HealthNote>& notes);

}  // namespace cachearr::upkeep
