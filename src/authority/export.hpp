// The authority's certificate in the forms that systems take. The key is in none of them. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "authority/authority.hpp"
#include "base/result.hpp"

namespace cachearr::authority {

enum class ExportFormat : std::uint8_t {
  pem,
  der,           // Windows, Android
  p12,           // PKCS#12 with an empty password, marked as trusted for Java
  mobileconfig,  // iOS, macOS: an unsigned profile whose identifiers follow from the fingerprint
};

/// "pem", "der", "p12", "mobileconfig".
std::optional<ExportFormat> export_format_of(std::string_view name) noexcept;
/// For Content-Type.
std::string_view media_type_of(ExportFormat format) noexcept;
Result<std::string> export_as(const Authority& authority, ExportFormat format);

}  // namespace cachearr::authority
