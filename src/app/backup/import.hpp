// Takes an export in: everything is laid out beside what is there and checked, then put in place in one go. What is
// damaged, foreign or of a later version changes nothing; what was there before stays beside.
//
// Blocking; main thread of a command, or a thread of the admin pool. REQUIRES: no instance uses the state directory,
// unless `running` says that this is the instance itself.
#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "admin/instance.hpp"
#include "app/config/load_config.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

namespace cachearr::app::backup {

struct ImportRequest {
  ConfigSources sources;   // of the installation that takes it in
  std::string passphrase;  // of the authority in it
  TimePoint now;
  bool running = false;
  bool only_check = false;
  std::function<std::optional<admin::ImportRefusal>()> accept{};  // the last word on what is in place; a no undoes it
};

struct ImportReport {
  std::string version, made;           // of the export
  std::vector<std::string> put, kept;  // what is in place now; where what was there before lies
  std::vector<std::string> notes;
};

Result<ImportReport, admin::ImportRefusal> import_archive(std::istream& in, const ImportRequest& request);

/// Before anything is read: goes on with an import that was killed half-way, and removes what killed ones have left.
/// The error says what the user has to look at.
std::optional<Error> finish_import(const ConfigSources& sources);

/// At the start, before anything reads its state: savings and history that an import has left in the state directory.
/// What the store had before stays beside.
void take_imported_states(const std::string& state_dir, store::Store& store, TimePoint now);

}  // namespace cachearr::app::backup
