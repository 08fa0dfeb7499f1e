// What this program is and what it is made of, for --version. Pure.
#pragma once

#include <string>

namespace cachearr::app {

/// The version of the program and, on a second line, those of the libraries that it runs with.
std::string version_text();

}  // namespace cachearr::app
