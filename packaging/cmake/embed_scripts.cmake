# Writes a C++ source that holds the scripts for Redis: cmake -DFOLDER=src/shared/scripts -DOUT=shared_scripts.cpp -P embed_scripts.cmake
file(GLOB files ${FOLDER}/*.lua)
list(SORT files)
set(items "")
foreach(path IN LISTS files)
  get_filename_component(name ${path} NAME_WE)
  file(READ ${path} text)
  string(APPEND items "std::string_view script_${name}() noexcept { return R\"cachearr(${text})cachearr\"; }\n")
endforeach()
file(WRITE ${OUT} "// Generated from src/shared/scripts; do not edit.
#include \"shared/draw_scripts.hpp\"

namespace cachearr::shared {

${items}
}  // namespace cachearr::shared
")
