// What an import leaves for the next start: savings and history, which live in the store.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "app/backup/contents.hpp"
#include "app/backup/import.hpp"
#include "app/backup/swap.hpp"
#include "base/log.hpp"

namespace cachearr::app::backup {

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
