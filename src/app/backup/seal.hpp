// Bytes closed with a passphrase: AES-256-GCM with a key that scrypt makes of it (64 MiB, so that guessing is dear).
// Pure but for the random bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cachearr::app::backup {

inline constexpr std::size_t kLeastPassphrase = 8;

Result<std::string> seal(std::string_view plain, std::string_view passphrase);
/// The error: another passphrase, or bytes that are not as they were sealed; which of them cannot be told.
Result<std::string> unseal(std::string_view sealed, std::string_view passphrase);

}  // namespace cachearr::app::backup
