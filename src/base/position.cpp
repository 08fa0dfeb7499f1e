#include "base/position.hpp"

namespace cachearr {

std::string to_string(const Problem& problem) {
  std::string text = problem.at.file;
  if (problem.at.line != 0) text += ':' + std::to_string(problem.at.line);
  if (problem.at.line != 0 && problem.at.column != 0) text += ':' + std::to_string(problem.at.column);
  if (!text.empty()) text += ": ";
  return text + problem.message;
}

}  // namespace cachearr
