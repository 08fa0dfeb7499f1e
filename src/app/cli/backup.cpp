// The commands that take the whole installation elsewhere and back: export and import.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "admin/backup_limits.hpp"
#include "app/backup/contents.hpp"
#include "app/backup/import.hpp"
#include "app/backup/seal.hpp"
#include "app/backup/staging.hpp"
#include "app/backup/swap.hpp"
#include "app/cli/command.hpp"
#include "app/cli/export_file.hpp"
#include "app/cli/passphrase.hpp"
#include "app/exit_code.hpp"
#include "app/read_file.hpp"
#include "app/state_files.hpp"
#include "base/text.hpp"
#include "store/store_copy.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr Duration kImportTime{120'000};
constexpr std::string_view kStandardOutput = "-";

struct BackupArguments {
  std::string file, passphrase_file;
  bool store = false, authority = false, only_check = false;
};

/// Does somebody answer at the socket of this configuration?
bool is_running(const Config& config) {
  AdminRequest request;
  request.target = "/ping";
  const auto answer = ask(admin_socket_path(config.state_dir), request);
  return answer.ok() && answer->status == 200;
}

/// The running instance's export; it knows what is not on disk yet.
std::optional<Error> export_by_instance(const Config& config, const std::string& passphrase, std::ostream& out,
                                        std::vector<std::string>& notes) {
  AdminRequest request;
  request.target = "/api/v1/export";
  if (!passphrase.empty()) {
    request.target += "?authority=1";
    request.fields = {{"X-Passphrase", text::percent_encode(passphrase)}};
  }
  const auto answer = ask(admin_socket_path(config.state_dir), request);
  if (!answer.ok()) return answer.error();
  if (answer->status != 200) return Error{reason_of(*answer)};
  out << answer->body;
  out.flush();
  backup::Contents same;
  if (!backup::add_files(config, same)) notes = same.notes;
  return out ? std::nullopt : std::optional{Error{"the export cannot be written"}};
}

/// Where there is room for a copy of the store while it is written to `file`.
std::string folder_for_copies(const std::string& file) {
  namespace fs = std::filesystem;
  return file == kStandardOutput ? fs::temp_directory_path().string() : fs::absolute(file).parent_path().string();
}

/// From the files, whether or not an instance runs.
std::optional<Error> export_files(const Config& config, const BackupArguments& arguments, const std::string& passphrase,
                                  std::ostream& out, std::vector<std::string>& notes) {
  backup::Contents contents;
  if (auto failed = backup::add_files(config, contents)) return failed;
  std::map<std::string, std::string, std::less<>> states;
  const auto kept = backup::has_store(config);
  if (!kept) return kept.error();
  if (!arguments.store && *kept) {
    const auto keep = [&](std::string_view name, std::string_view bytes) { states.emplace(name, bytes); };
    if (auto failed = store::read_states(config.disk_path, keep)) return failed;
  }
  const auto state_of = [&](std::string_view name) {
    const auto found = states.find(name);
    return found == states.end() ? std::string{} : found->second;
  };
  backup::add_states(state_of, contents);
  if (!passphrase.empty())
    if (auto failed = backup::add_authority(config, passphrase, contents)) return failed;
  std::unique_ptr<backup::Staging> copies;
  if (arguments.store) {
    auto made = backup::Staging::in(folder_for_copies(arguments.file));
    if (!made) return made.error();
    copies = std::move(*made);
    if (auto failed = backup::add_store(config, copies->path(), contents)) return failed;
  }
  notes = contents.notes;
  return backup::write(out, contents, SystemClock{}.now());
}

Result<std::string> passphrase_for_export(const BackupArguments& arguments) {
  auto passphrase = read_passphrase(arguments.passphrase_file, true);
  if (passphrase && passphrase->size() < backup::kLeastPassphrase)
    return Error{"the passphrase needs at least " + std::to_string(backup::kLeastPassphrase) + " characters"};
  return passphrase;
}

std::optional<Error> export_into(std::ostream& out, const Invocation& invocation, const BackupArguments& arguments,
                                 const std::string& passphrase) {
  const auto& config = configuration_of(invocation).config;
  std::vector<std::string> notes;
  const bool by_instance = !arguments.store && is_running(config);
  auto failed = by_instance ? export_by_instance(config, passphrase, out, notes)
                            : export_files(config, arguments, passphrase, out, notes);
  for (const auto& note : notes) invocation.env.err << "cachearr: " << note << '\n';
  return failed;
}

int export_to_standard_output(const Invocation& invocation, const BackupArguments& arguments,
                              const std::string& passphrase) {
  const auto failed = export_into(invocation.env.out, invocation, arguments, passphrase);
  return failed ? fail(invocation, failed->what) : exit_ok;
}

int export_to(const Invocation& invocation, const BackupArguments& arguments) {
  const bool to_file = arguments.file != kStandardOutput;
  if (to_file && backup::is_there(arguments.file)) return fail(invocation, arguments.file + " is there already");
  Result<std::string> passphrase{std::string{}};
  if (arguments.authority) passphrase = passphrase_for_export(arguments);
  if (!passphrase) return fail(invocation, passphrase.error().what);
  if (!to_file) return export_to_standard_output(invocation, arguments, *passphrase);
  ExportFile file{arguments.file};
  if (!file.out().is_open()) return fail(invocation, arguments.file + " cannot be written");
  if (const auto failed = export_into(file.out(), invocation, arguments, *passphrase))
    return fail(invocation, failed->what);
  if (!file.finish()) return fail(invocation, arguments.file + " cannot be written");
  invocation.env.out << "exported to " << arguments.file << "; it holds the configuration's secrets, keep it safe\n";
  return exit_ok;
}

void print_list(std::ostream& out, const char* title, const Json& list) {
  if (!list.is_array() || list.empty()) return;
  out << title << '\n';
  for (const auto& line : list) out << "  " << shown(line) << '\n';
}

int print_report(const Invocation& invocation, const Json& report, bool only_check) {
  auto& out = invocation.env.out;
  if (invocation.json) {
    out << report.dump(2) << '\n';
    return exit_ok;
  }
  const auto made = "of cachearr " + report.value("version", "") + ", made " + report.value("made", "");
  if (only_check) out << "the export " << made << " is whole and can be taken in\n";
  if (!only_check) out << "took in the export " << made << '\n';
  print_list(out, "in place:", report.value("put", Json{}));
  print_list(out, "what was there before:", report.value("kept", Json{}));
  print_list(out, "what is different now:", report.value("changes", Json{}));
  return exit_ok;
}

/// Gives 78 where the export's configuration or rules are what is wrong.
int refuse(const Invocation& invocation, const std::string& why, bool by_configuration) {
  const int code = fail(invocation, why);
  return by_configuration ? exit_configuration : code;
}

int import_by_instance(const Invocation& invocation, const Config& config, const BackupArguments& arguments,
                       const std::string& passphrase, std::istream& in) {
  auto body = read_rest(in, arguments.file, admin::kLongestImport);
  if (!body) return fail(invocation, body.error().what);
  AdminRequest request;
  request.method = "POST";
  request.target = arguments.only_check ? "/api/v1/import?check=1" : "/api/v1/import";
  request.body = std::move(*body);
  request.content_type = "application/x-tar";
  request.timeout = kImportTime;
  if (!passphrase.empty()) request.fields = {{"X-Passphrase", text::percent_encode(passphrase)}};
  const auto answer = ask(admin_socket_path(config.state_dir), request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  const auto data = Json::parse(answer->body, nullptr, false);
  if (answer->status != 200) return refuse(invocation, reason_of(*answer), data.contains("problems"));
  return print_report(invocation, data, arguments.only_check);
}

int import_files(const Invocation& invocation, const Config& config, const BackupArguments& arguments,
                 const std::string& passphrase, std::istream& in) {
  if (!arguments.only_check)
    if (const auto unfinished = backup::finish_swaps(config.state_dir)) return fail(invocation, unfinished->what);
  backup::ImportRequest request{invocation.sources, passphrase, SystemClock{}.now()};
  request.only_check = arguments.only_check;
  const auto report = backup::import_archive(in, request);
  if (!report) return refuse(invocation, report.error().what, !report.error().problems.empty());
  const Json json = {
      {"version", report->version}, {"made", report->made}, {"put", report->put}, {"kept", report->kept}};
  return print_report(invocation, json, arguments.only_check);
}

/// To be read from its beginning more than once. A pipe, which cannot be, comes as a copy.
Result<std::unique_ptr<std::istream>> open_export(const std::string& file) {
  const auto pipe = is_pipe(file);
  if (!pipe) return pipe.error();
  if (*pipe) {
    auto bytes = read_file(file, admin::kLongestImport);
    if (!bytes) return bytes.error();
    return std::unique_ptr<std::istream>{std::make_unique<std::istringstream>(std::move(*bytes))};
  }
  auto in = std::make_unique<std::ifstream>(file, std::ios::binary);
  if (!in->is_open()) return unreadable(file, errno);
  return std::unique_ptr<std::istream>{std::move(in)};
}

/// Of an export that has none that can be read: one without members. What is wrong with it, taking it in tells.
backup::Manifest manifest_of(std::istream& in) {
  const auto manifest = backup::ArchiveReader{in}.read_manifest();
  in.clear();
  in.seekg(0);
  return manifest ? *manifest : backup::Manifest{};
}

int import_from(const Invocation& invocation, const BackupArguments& arguments) {
  const auto& config = configuration_of(invocation).config;
  const auto in = open_export(arguments.file);
  if (!in) return fail(invocation, in.error().what);
  const auto manifest = manifest_of(**in);
  std::string passphrase;
  const bool running = is_running(config);
  if (running && !config.state_dir_is_known) {
    fail(invocation, "an instance runs with the default state folder, and whether it is meant is not known: " +
                         config.file + " cannot be read");
    return exit_configuration;
  }
  if (running && manifest.has(backup::kStoreData))
    return fail(invocation,
                "the export holds a store, which is taken in only while no instance runs: stop cachearr first");
  if (manifest.has(backup::kAuthorityMember)) {
    auto read = read_passphrase(arguments.passphrase_file, false);
    if (!read) return fail(invocation, read.error().what);
    passphrase = std::move(*read);
  }
  return running ? import_by_instance(invocation, config, arguments, passphrase, **in)
                 : import_files(invocation, config, arguments, passphrase, **in);
}

void add_export_command(const Command& program, Invocation& invocation) {
  const auto command = program.command("export", "Write configuration, own rules, savings and history into one file");
  const auto arguments = std::make_shared<BackupArguments>();
  add_config_option(command, invocation);
  command.option("file", arguments->file, "The file to be made, a tar; - is the standard output")
      .required()
      .type_name("FILE");
  command.flag("--store", arguments->store, "What is stored, too");
  command.flag("--authority", arguments->authority, "The local authority with its key, too, sealed with a passphrase");
  command.option("--passphrase-file", arguments->passphrase_file, "The passphrase is this file's first line")
      .type_name("FILE");
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] { return export_to(invocation, *arguments); });
  });
}

void add_import_command(const Command& program, Invocation& invocation) {
  const auto command = program.command("import", "Take in what export has written; what was there stays beside");
  const auto arguments = std::make_shared<BackupArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("file", arguments->file, "What export has made").required().type_name("FILE");
  command.flag("--check", arguments->only_check, "Only say whether it could be taken in");
  command
      .option("--passphrase-file", arguments->passphrase_file, "The authority's passphrase is this file's first line")
      .type_name("FILE");
  command.on_parsed([&invocation, arguments] {
    invocation.run = [&invocation, arguments] { return import_from(invocation, *arguments); };
  });
}

}  // namespace

void add_backup(const Command& program, Invocation& invocation) {
  add_export_command(program, invocation);
  add_import_command(program, invocation);
}

}  // namespace cachearr::app
