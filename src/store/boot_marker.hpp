// Tells whether the machine, not only the process, went down while the store's file was open: a small file beside it
// names the boot in which it was opened, and is removed once everything has reached the device.
#pragma once

#include <string>

namespace cachearr::store {

/// True where the file was open and not yet synchronised in an earlier boot.
bool lost_power(const std::string& folder);
/// Writes into the marker that the file has something older than what was answered since. A full disk takes that too.
/// False where there is no marker or the disk refuses. put_boot_marker() takes it back.
bool distrust(const std::string& folder);
bool is_distrusted(const std::string& folder);
void put_boot_marker(const std::string& folder);
void clear_boot_marker(const std::string& folder);

}  // namespace cachearr::store
