// Why the configuration or the rules of an export are not taken in, in words for who will have to look for them. Pure.
#pragma once

#include <string>
#include <vector>

#include "admin/instance.hpp"
#include "base/position.hpp"

namespace cachearr::app::backup {

/// Where files lie while they are checked, and where they would lie afterwards.
struct Moved {
  std::string from, to;
};

/// Names each problem by where its file would lie.
admin::ImportRefusal refusal_of(Problems problems, const std::vector<Moved>& moves);

}  // namespace cachearr::app::backup
