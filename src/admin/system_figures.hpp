// What the operating system tells about this process and where it runs. Reads /proc and /etc; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace cachearr::admin {

struct ProcessFigures {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0, virtual_bytes = 0;
  std::uint64_t open_files = 0, max_files = 0;
  std::uint64_t threads = 0;
  double start_time = 0;  // seconds since the epoch
};
ProcessFigures process_figures();

struct Surroundings {
  std::string os_name;     // "debian"
  std::string os_version;  // "12"
  std::string host_name;
  bool in_container = false;
};
Surroundings surroundings();

}  // namespace cachearr::admin
