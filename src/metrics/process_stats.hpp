// What the operating system tells about this process. Reads /proc; any thread.
#pragma once

#include <cstdint>

namespace cachearr::metrics {

struct ProcessStats {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0, virtual_bytes = 0;
  std::uint64_t open_files = 0, max_files = 0;
  std::uint64_t threads = 0;
  double start_time = 0;  // seconds since the epoch
};
ProcessStats process_stats();

}  // namespace cachearr::metrics
