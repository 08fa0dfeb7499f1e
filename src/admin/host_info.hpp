// The machine that this program runs on. Reads /etc; any thread.
#pragma once

#include <string>

namespace cachearr::admin {

struct HostInfo {
  std::string os_name;     // "debian"
  std::string os_version;  // "12"
  std::string host_name;
  bool in_container = false;
};
HostInfo host_info();

}  // namespace cachearr::admin
