// The commands that take the whole installation elsewhere and back: export and import.
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sys/stat.h>
#include <unistd.h>

#include "app/backup/contents.hpp"
#include "app/backup/import.hpp"
#include "app/backup/seal.hpp"
#include "app/backup/staging.hpp"
#include "app/backup/swap.hpp"
#include "app/cli/command.hpp"
#include "app/cli/passphrase.hpp"
#include "app/exit_code.hpp"
#include "app/state_files.hpp"
#include "base/text.hpp"
#include "store/store_copy.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr Duration kImportTime{120'000};

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

/// From the files, whether or not an instance runs.
std::optional<Error> export_files(const Config& config, const BackupArguments& arguments, const std::string& passphrase,
                                  std::ostream& out, std::vector<std::string>& notes) {
  backup::Contents contents;
  if (auto failed = backup::add_files(config, contents)) return failed;
  std::map<std::string, std::string, std::less<>> states;
  if (!arguments.store && store::has_store(config.disk_path)) {
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
    auto made = backup::Staging::in(std::filesystem::absolute(arguments.file).parent_path().string());
    if (!made) return made.error();
    copies = std::move(*made);
    if (auto failed = backup::add_store(config, copies->path(), contents)) return failed;
  }
  notes = contents.notes;
  return backup::write(out, contents, SystemClock{}.now());
}

/// A new file that nobody else may read; it bears its name once it is whole.
class ExportFile {
 public:
  explicit ExportFile(const std::string& file) : file_{file}, part_{file + ".part"} {
    ::unlink(part_.c_str());
    const int made = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (made >= 0) ::close(made);
    if (made >= 0) out_.open(part_, std::ios::binary);
  }
  ~ExportFile() { ::unlink(part_.c_str()); }
  ExportFile(const ExportFile&) = delete;
  ExportFile& operator=(const ExportFile&) = delete;

  std::ofstream& out() { return out_; }
  bool finish() {
    out_.close();
    // An older file of that name is not replaced. Not every file system has links.
    return out_ &&
           (::link(part_.c_str(), file_.c_str()) == 0 ||
            (errno != EEXIST && ::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, file_.c_str(), RENAME_NOREPLACE) == 0));
  }

 private:
  const std::string file_, part_;
  std::ofstream out_;
};

int export_to(const Invocation& invocation, const BackupArguments& arguments) {
  const auto& config = configuration_of(invocation).config;
  if (backup::is_there(arguments.file)) return fail(invocation, arguments.file + " is there already");
  std::string passphrase;
  if (arguments.authority) {
    auto read = read_passphrase(arguments.passphrase_file, true);
    if (!read) return fail(invocation, read.error().what);
    passphrase = std::move(*read);
    if (passphrase.size() < backup::kLeastPassphrase)
      return fail(invocation,
                  "the passphrase needs at least " + std::to_string(backup::kLeastPassphrase) + " characters");
  }
  ExportFile file{arguments.file};
  if (!file.out().is_open()) return fail(invocation, arguments.file + " cannot be written");
  std::vector<std::string> notes;
  const auto failed = !arguments.store && is_running(config)
                          ? export_by_instance(config, passphrase, file.out(), notes)
                          : export_files(config, arguments, passphrase, file.out(), notes);
  if (failed) return fail(invocation, failed->what);
  if (!file.finish()) return fail(invocation, arguments.file + " cannot be written");
  for (const auto& note : notes) invocation.env.err << "cachearr: " << note << '\n';
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
  AdminRequest request;
  request.method = "POST";
  request.target = arguments.only_check ? "/api/v1/import?check=1" : "/api/v1/import";
  request.body.assign(std::istreambuf_iterator<char>{in}, {});
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

/// Does the export hold a member of that name? What is wrong with it, taking it in tells.
bool holds(const std::string& file, std::string_view member) {
  std::ifstream in{file, std::ios::binary};
  const auto manifest = backup::ArchiveReader{in}.read_manifest();
  return manifest.ok() && manifest->has(member);
}

int import_from(const Invocation& invocation, const BackupArguments& arguments) {
  const auto& config = configuration_of(invocation).config;
  std::ifstream in{arguments.file, std::ios::binary};
  if (!in) return fail(invocation, arguments.file + " cannot be read");
  std::string passphrase;
  const bool running = is_running(config);
  if (running && !config.state_dir_is_known) {
    fail(invocation, "an instance runs with the default state folder, and whether it is meant is not known: " +
                         config.file + " cannot be read");
    return exit_configuration;
  }
  if (running && holds(arguments.file, backup::kStoreData))
    return fail(invocation,
                "the export holds a store, which is taken in only while no instance runs: stop cachearr first");
  if (holds(arguments.file, backup::kAuthorityMember)) {
    auto read = read_passphrase(arguments.passphrase_file, false);
    if (!read) return fail(invocation, read.error().what);
    passphrase = std::move(*read);
  }
  return running ? import_by_instance(invocation, config, arguments, passphrase, in)
                 : import_files(invocation, config, arguments, passphrase, in);
}

void add_export_command(const Command& program, Invocation& invocation) {
  const auto command = program.command("export", "Write configuration, own rules, savings and history into one file");
  const auto arguments = std::make_shared<BackupArguments>();
  add_config_option(command, invocation);
  command.option("file", arguments->file, "The file to be made, a tar").required().type_name("FILE");
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
