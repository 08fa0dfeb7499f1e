// Where in a file something is wrong, and what to do about it. Plain values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cachearr {

/// Line and column count from 1; 0 means "the whole file".
struct Position {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
};

struct Problem {
  Position at;
  std::string message;
};

using Problems = std::vector<Problem>;

/// "FILE:LINE:COLUMN: problem"; line and column are left out where they are 0.
std::string to_string(const Problem& problem);

}  // namespace cachearr
