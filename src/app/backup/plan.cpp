#include "app/backup/plan.hpp"

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "app/backup/places.hpp"
#include "app/state_files.hpp"

namespace cachearr::app::backup {

namespace fs = std::filesystem;

namespace {

/// Root makes it for whom the folder around it belongs to.
void give_to_owner_above(const std::string& folder) {
  struct stat around {};
  if (::geteuid() != 0 || ::stat(fs::path{folder}.parent_path().c_str(), &around) != 0) return;
  if (::lchown(folder.c_str(), around.st_uid, around.st_gid) != 0) errno = 0;
}

}  // namespace

void Plan::add(const std::string& what, const Staging& from, const std::string& relative, const std::string& target) {
  if (!is_there(from / relative)) return;
  auto old = target + suffix_of(now_);
  for (int i = 2; is_there(old); ++i) old = target + suffix_of(now_) + "-" + std::to_string(i);
  steps_.push_back({what, &from, {from / relative, target, old}});
}

std::optional<Error> Plan::check() const {
  for (const auto& step : steps_)
    if (auto failed = check_replaceable(step.swap.target, step.from->around())) return failed;
  return std::nullopt;
}

std::optional<Error> Plan::carry_out(Swaps& swaps, const std::string& state_dir) const {
  const bool is_new = !is_there(state_dir);
  if (auto failed = prepare_state_directory(state_dir)) return failed;
  if (is_new) give_to_owner_above(state_dir);
  std::vector<Swap> all;
  for (const auto& step : steps_) {
    std::error_code error;
    fs::create_directories(fs::path{step.swap.target}.parent_path(), error);
    if (!step.from->keep_for(journal_in(state_dir))) return Error{"nothing can be written into " + step.from->path()};
    all.push_back(step.swap);
  }
  return swaps.make(std::move(all));
}

std::vector<std::string> Plan::lines() const {
  std::vector<std::string> lines;
  for (const auto& step : steps_) lines.push_back(step.what + ": " + step.swap.target);
  return lines;
}

std::vector<std::string> Plan::kept() const {
  std::vector<std::string> paths;
  for (const auto& step : steps_)
    if (is_there(step.swap.target)) paths.push_back(step.swap.old);
  return paths;
}

}  // namespace cachearr::app::backup
