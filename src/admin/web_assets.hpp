// The files of the page for people, as they are embedded in the program. Immutable; any thread.
#pragma once

#include <span>
#include <string_view>

namespace cachearr::admin {

struct WebAsset {
  std::string_view name;  // "app.js"
  std::string_view content_type;
  std::string_view etag;  // weak: the same for both codings
  std::string_view gzip;  // the content, compressed
};

/// Empty where the program was built without the page.
std::span<const WebAsset> web_assets() noexcept;

}  // namespace cachearr::admin
