// Images and torrents, told by their own bytes. Pure, any thread.
#pragma once

#include <string_view>

namespace cachearr::content {

/// Empty where the bytes are an image that is whole as far as its format tells; else why not. SVG is XML and not
/// among them.
std::string_view wrong_image(std::string_view bytes) noexcept;

/// Empty where the bytes are a torrent, one whole bencoded dictionary with an "info"; else why not.
std::string_view wrong_torrent(std::string_view bytes) noexcept;

}  // namespace cachearr::content
