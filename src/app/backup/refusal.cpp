#include "app/backup/refusal.hpp"

#include <utility>

namespace cachearr::app::backup {
namespace {

std::string as_it_will_lie(std::string text, const std::vector<Moved>& moves) {
  for (const auto& [from, to] : moves)
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  return text;
}

}  // namespace

admin::ImportRefusal refusal_of(Problems problems, const std::vector<Moved>& moves) {
  std::string text = "the configuration or the rules in the export cannot be used here:";
  for (auto& problem : problems) {
    problem.at.file = as_it_will_lie(std::move(problem.at.file), moves);
    problem.message = as_it_will_lie(std::move(problem.message), moves);
    text += "\n" + to_string(problem);
  }
  return {Error{text}, std::move(problems)};
}

}  // namespace cachearr::app::backup
