// What an import leaves for the next start: what it could not finish, and savings and history, which live in the store.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "app/backup/import.hpp"
#include "app/backup/kept_state.hpp"
#include "app/backup/manifest.hpp"
#include "app/backup/staging.hpp"
#include "app/backup/swap.hpp"
#include "base/log.hpp"

namespace cachearr::app::backup {

std::optional<Error> finish_import(const ConfigSources& sources) {
  Problems ignored;
  const auto config = read_config(sources, ignored);
  if (auto failed = finish_swaps(config.state_dir)) return failed;
  remove_abandoned(config.state_dir);
  for (const auto& beside : {config.file, config.disk_path, config.ca_dir})
    if (!beside.empty()) remove_abandoned(std::filesystem::path{beside}.parent_path().string());
  return std::nullopt;
}

void take_imported_states(const std::string& state_dir, store::Store& store, TimePoint now) {
  namespace fs = std::filesystem;
  const fs::path folder = state_dir + "/state.import", before = state_dir + "/state" + suffix_of(now);
  if (!is_there(folder)) return;
  if (const auto stats = store.stats(); stats.disk_enabled && !stats.disk_problem.empty()) {
    log::warning("savings and history of the import wait in " + folder.string() + ": " + stats.disk_problem);
    return;
  }
  std::error_code error;
  fs::create_directories(before, error);
  for (const auto& name : kept_states()) {
    const auto file = name_of(name);
    if (const auto old = store.get_state(name); !old.empty()) {
      std::ofstream out{before / file, std::ios::binary};
      out << old;
      out.close();
      if (!out)
        return log::error("savings and history of the import wait: " + (before / file).string() + " cannot be written");
    }
    std::ifstream in{folder / file, std::ios::binary};
    store.put_state(name, std::string{std::istreambuf_iterator<char>{in}, {}});
  }
  store.flush();
  fs::remove_all(folder, error);
}

}  // namespace cachearr::app::backup
