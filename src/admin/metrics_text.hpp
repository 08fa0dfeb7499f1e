// The families as the text that a scraper reads. Pure.
#pragma once

#include <string>

#include "metrics/families.hpp"

namespace cachearr::admin {

std::string metrics_text(const metrics::Readings& readings);

}  // namespace cachearr::admin
