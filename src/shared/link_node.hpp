// A master of a Cluster as one link knows it. Private to the link.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "shared/link.hpp"

namespace cachearr::shared {

struct Link::Node {
  ServerHost host;
  std::shared_ptr<Connection> connection{};
  std::vector<std::pair<CallPtr, bool>> waiting{};  // until it is connected; with whether they are asked for once
};

}  // namespace cachearr::shared
