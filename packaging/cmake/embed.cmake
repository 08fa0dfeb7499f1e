# Writes a C++ source that holds the shipped rules: cmake -DFOLDER=rules -DOUT=shipped_rules.cpp -P embed.cmake
file(GLOB files ${FOLDER}/*.json)
list(FILTER files EXCLUDE REGEX "/schema\\.json$")
list(SORT files)
list(LENGTH files count)
set(items "")
foreach(path IN LISTS files)
  get_filename_component(name ${path} NAME)
  file(READ ${path} text)
  string(APPEND items "    ShippedFile{\"${name}\", R\"cachearr(${text})cachearr\"},\n")
endforeach()
file(WRITE ${OUT} "// Generated from rules/*.json; do not edit.
#include <array>

#include \"rules/load/rule_files.hpp\"

namespace cachearr::rules {

std::span<const ShippedFile> shipped_files() noexcept {
  static constexpr std::array<ShippedFile, ${count}> files{
${items}  };
  return files;
}

}  // namespace cachearr::rules
")
