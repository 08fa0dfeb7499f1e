# Writes a C++ source that holds the page's files, compressed: cmake -DGZIP=gzip -DOUT=web_assets.cpp -DFILES=a.js,b.css -P embed_web.cmake
string(REPLACE "," ";" files "${FILES}")
set(types_html "text/html")
set(types_js "text/javascript")
set(types_css "text/css")
set(types_svg "image/svg+xml")
set(types_txt "text/plain")
set(bytes "")
set(items "")
set(count 0)
foreach(path IN LISTS files)
  get_filename_component(name ${path} NAME)
  string(REGEX REPLACE ".*\\." "" ending ${name})
  execute_process(COMMAND ${GZIP} -9nc ${path} OUTPUT_FILE ${OUT}.gz COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${OUT}.gz hex HEX)
  file(SHA256 ${path} hash)
  string(SUBSTRING ${hash} 0 20 hash)
  string(LENGTH "${hex}" length)
  math(EXPR length "${length} / 2")
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," hex "${hex}")
  string(APPEND bytes "constexpr char bytes_of_${count}[] = {${hex}};\n")
  string(APPEND items "    WebAsset{\"${name}\", \"${types_${ending}}; charset=utf-8\", \"W/\\\"${hash}\\\"\", {bytes_of_${count}, ${length}}},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(REMOVE ${OUT}.gz)
file(WRITE ${OUT} "// Generated from src/web and the libraries that it uses; do not edit.
#include <array>

#include \"admin/web_assets.hpp\"

namespace cachearr::admin {

namespace {

${bytes}
}  // namespace

std::span<const WebAsset> web_assets() noexcept {
  static constexpr std::array<WebAsset, ${count}> assets{${items}};
  return assets;
}

}  // namespace cachearr::admin
")
