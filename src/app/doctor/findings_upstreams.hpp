// The part of findings_of() about upstreams: where they are, whether they answer, what they say of quotas and the time.
// Pure.
#pragma once

#include "app/doctor/findings.hpp"

namespace cachearr::app::doctor {

void look_at_origins(const Facts& facts, Findings& into);
void look_at_quotas(const Facts& facts, Findings& into);
void look_at_reach(const Facts& facts, Findings& into);
void look_at_clock(const Facts& facts, Findings& into);

}  // namespace cachearr::app::doctor
