// Bodies put into a coding: gzip and br for clients, zstd for the disk. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "content/coding.hpp"

namespace cachearr::content {

/// None where it fails. REQUIRES: gzip or brotli.
std::optional<std::string> encode(std::string_view body, Coding coding);

/// One zstd frame; empty where it would not be at least an eighth smaller.
std::string zstd_encode(std::string_view body);
/// `plain` has its final size. False where the frame is damaged or of another size.
bool zstd_decode_into(std::string_view frame, std::string& plain);

}  // namespace cachearr::content
