// Export and import as the running instance makes them, for the admin API.
#include <sstream>

#include "app/backup/contents.hpp"
#include "app/backup/import.hpp"
#include "app/instance.hpp"
#include "base/log.hpp"

namespace cachearr::app {

Result<std::string> Instance::export_archive(const std::string& passphrase) {
  const auto current = snapshot();
  const auto& config = current->settings->config;
  savings_->fold();
  backup::Contents contents;
  if (auto failed = backup::add_files(config, contents)) return *std::move(failed);
  backup::add_states([this](std::string_view name) { return store_->get_state(name); }, contents);
  if (!passphrase.empty())
    if (auto failed = backup::add_authority(config, passphrase, contents)) return *std::move(failed);
  for (const auto& note : contents.notes) log::warning("export: " + note);
  std::ostringstream out;
  if (auto failed = backup::write(out, contents, clock_.now())) return *std::move(failed);
  return std::move(out).str();
}

Result<admin::ImportOutcome, admin::ImportRefusal> Instance::import_archive(std::string_view archive,
                                                                            const std::string& passphrase,
                                                                            bool only_check) {
  const std::lock_guard one_at_a_time{import_mutex_};
  admin::ImportOutcome outcome;
  backup::ImportRequest request{sources_, passphrase, clock_.now()};
  request.running = true;
  request.only_check = only_check;
  request.accept = [&]() -> std::optional<admin::ImportRefusal> {
    auto reloaded = reload();
    outcome.changes = std::move(reloaded.changes);
    if (reloaded.taken) return std::nullopt;
    const Error why{"the running instance does not take it: " + to_string(reloaded.problems.front())};
    return admin::ImportRefusal{why, std::move(reloaded.problems)};
  };
  std::istringstream in{std::string{archive}};
  auto report = backup::import_archive(in, request);
  if (!report) return report.error();
  for (const auto& line : report->put) log::info("imported " + line);
  outcome.version = std::move(report->version);
  outcome.made = std::move(report->made);
  outcome.put = std::move(report->put);
  outcome.kept = std::move(report->kept);
  return outcome;
}

}  // namespace cachearr::app
