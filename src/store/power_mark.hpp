// Whether the machine, not only the process, went down while the store's file was open: a small file beside it that
// names the boot in which it was opened and is gone once everything has reached the device.
#pragma once

#include <string>

namespace cachearr::store {

/// True where the file was open and not yet synchronised in an earlier boot.
bool lost_power(const std::string& folder);
void put_power_mark(const std::string& folder);
void clear_power_mark(const std::string& folder);

}  // namespace cachearr::store
