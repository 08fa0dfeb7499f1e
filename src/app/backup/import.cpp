#include "app/backup/import.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <system_error>

#include "app/backup/archive.hpp"
#include "app/backup/contents.hpp"
#include "app/backup/kept_state.hpp"
#include "app/backup/places.hpp"
#include "app/backup/plan.hpp"
#include "app/backup/refusal.hpp"
#include "app/backup/staging.hpp"
#include "app/backup/swap.hpp"
#include "app/cli/admin_client.hpp"
#include "app/load_rules.hpp"
#include "app/state_files.hpp"
#include "authority/authority.hpp"
#include "authority/authority_files.hpp"
#include "rules/load/load.hpp"
#include "store/folder_lock.hpp"
#include "store/store_copy.hpp"

namespace cachearr::app::backup {
namespace {

namespace fs = std::filesystem;

std::string folder_of(const std::string& path) { return fs::path{path}.parent_path().string(); }

class Importer {
 public:
  Importer(std::istream& in, const ImportRequest& request) : reader_{in}, request_{request}, plan_{request.now} {}

  Result<ImportReport, admin::ImportRefusal> run() {
    for (const auto step :
         {&Importer::open, &Importer::take_config, &Importer::check_places, &Importer::refuse_what_is_in_use,
          &Importer::take_rules, &Importer::check_rules, &Importer::take_rest, &Importer::check_rest, &Importer::plan})
      if (auto failed = (this->*step)()) return *std::move(failed);
    if (!request_.only_check)
      if (auto failed = put_in_place()) return *std::move(failed);
    return std::move(report_);
  }

 private:
  using Failed = std::optional<admin::ImportRefusal>;

  Failed open();
  Failed take_config();
  Failed check_places();
  Failed refuse_what_is_in_use();
  Failed take_rules();
  Failed check_rules();
  Failed take_rest();
  Failed check_rest();
  Failed plan();
  Failed put_in_place();

  Failed take(const MemberInfo& member, const Staging& into, const std::string& relative);
  Failed take_one(const MemberInfo& member);
  Failed read(const MemberInfo& member, std::string& into);
  Failed take_authority(const MemberInfo& member);
  Failed take_state(const MemberInfo& member);
  Failed refuse(Problems problems) const;
  bool comes_with_another(const RulesPath& rules) const;
  void plan_config();
  void take_rights(const std::string& base);
  void plan_state();
  /// Where it will lie.
  std::string place_of(const RulesPath& rules) const { return folder_of(config_file_) + "/" + path_of(rules.name); }
  bool is_next(std::string_view folder) const {
    return next_ < manifest_.members.size() && manifest_.members[next_].name.starts_with(folder);
  }

  ArchiveReader reader_;
  const ImportRequest& request_;
  Manifest manifest_;
  std::size_t next_ = 0;                     // of the members
  Config before_, config_;                   // in force now, and that will be
  std::unique_ptr<store::FolderLock> lock_;  // keeps instances from starting meanwhile
  std::string config_file_;
  std::unique_ptr<Staging> by_config_, by_state_, by_store_, by_authority_;
  Plan plan_;
  ImportReport report_;
};

Importer::Failed Importer::open() {
  auto manifest = reader_.read_manifest();
  if (!manifest) return manifest.error();
  manifest_ = std::move(*manifest);
  report_.version = manifest_.version;
  report_.made = manifest_.made;
  Problems ignored;  // what is wrong now may be what the import mends
  before_ = config_ = read_config(request_.sources, ignored);
  const auto& sources = request_.sources;
  const auto& named = sources.file.empty() ? sources.default_file : sources.file;
  config_file_ = config_.file.empty() ? fs::absolute(named).lexically_normal().string() : config_.file;
  if (request_.running && manifest_.has(kStoreData))
    return Error{
        "the export holds a store, which is taken in only while no instance runs: stop cachearr, then \"cachearr "
        "import\""};
  if (manifest_.has(kAuthorityMember) && request_.passphrase.empty())
    return Error{"the export holds the authority: the passphrase that it was sealed with is needed"};
  return std::nullopt;
}

/// Streams the member, which is the next one, into a new file.
Importer::Failed Importer::take(const MemberInfo& member, const Staging& into, const std::string& relative) {
  auto out = into.new_file(relative);
  auto failed = reader_.read_member(member, [&out](std::string_view piece) {
    return static_cast<bool>(out.write(piece.data(), static_cast<std::streamsize>(piece.size())));
  });
  if (failed) return failed;
  out.close();
  return out ? Failed{} : Error{into / relative + " cannot be written"};
}

/// The next one as well, of those that are small.
Importer::Failed Importer::read(const MemberInfo& member, std::string& into) {
  return reader_.read_member(member, [&into](std::string_view piece) { return into.append(piece), true; });
}

Importer::Failed Importer::take_config() {
  if (is_next(kConfigFolder)) {
    auto staging = Staging::in(folder_of(config_file_));
    if (!staging) return staging.error();
    by_config_ = std::move(*staging);
  }
  for (; is_next(kConfigFolder); ++next_) {
    const auto& member = manifest_.members[next_];
    if (auto failed = take(member, *by_config_, path_of(member.name.substr(kConfigFolder.size())))) return failed;
  }
  const bool has_config = by_config_ && is_there(*by_config_ / "cachearr.json");
  if (!has_config && (by_config_ || !manifest_.rules.empty()))
    return Error{"the export has rules, but no configuration that names them"};
  if (!has_config) return std::nullopt;
  auto sources = request_.sources;
  sources.file = *by_config_ / "cachearr.json";
  sources.folder = folder_of(config_file_);
  for (const auto& rules : manifest_.rules) sources.coming_rules.push_back(sources.folder + "/" + path_of(rules.name));
  Problems problems;
  config_ = read_config(sources, problems);
  return refuse(std::move(problems));
}

/// Before anything else is believed of the configuration. Folders of rules may be empty ones.
Importer::Failed Importer::check_places() {
  if (request_.running)
    if (auto failed = check_same_places(before_, config_)) return *std::move(failed);
  auto own = own_places(config_, config_file_);
  const auto now = own_places(before_, config_file_);
  own.insert(own.end(), now.begin(), now.end());
  for (const auto& rules : manifest_.rules) {
    if (auto failed = check_rules_place(place_of(rules), config_.rules, own)) return *std::move(failed);
    if (rules.folder) by_config_->make_folder(path_of(rules.name));
  }
  return std::nullopt;
}

/// Of another instance, whose state directory the configuration in the export names.
Importer::Failed Importer::refuse_what_is_in_use() {
  if (request_.running) return std::nullopt;
  AdminRequest ping;
  ping.target = "/ping";
  if (ask(admin_socket_path(config_.state_dir), ping).ok())
    return Error{"an instance runs with the state directory " + config_.state_dir + ": stop it first"};
  if (config_.disk_path.empty() || !is_there(config_.disk_path)) return std::nullopt;
  auto lock = store::FolderLock::take(config_.disk_path);
  if (!lock) return lock.error();
  lock_ = std::move(*lock);
  return std::nullopt;
}

Importer::Failed Importer::refuse(Problems problems) const {
  if (problems.empty()) return std::nullopt;
  std::vector<Moved> moves;
  if (by_config_) moves.push_back({by_config_->path(), folder_of(config_file_)});
  if (by_state_) moves.push_back({by_state_->path() + "/rules", rules::own_folder(config_.state_dir)});
  return refusal_of(std::move(problems), moves);
}

Importer::Failed Importer::take_rules() {
  if (auto failed = check_directory(config_.state_dir)) return failed;
  auto staging = Staging::in(config_.state_dir);
  if (!staging) return staging.error();
  by_state_ = std::move(*staging);
  for (; is_next(kOwnRulesFolder); ++next_) {
    const auto& member = manifest_.members[next_];
    if (auto failed = take(member, *by_state_, path_of(member.name))) return failed;
  }
  return std::nullopt;
}

Importer::Failed Importer::check_rules() {
  auto config = config_;
  std::erase(config.rules, rules::own_folder(config_.state_dir));
  for (const auto& rules : manifest_.rules)
    std::replace(config.rules.begin(), config.rules.end(), place_of(rules), *by_config_ / path_of(rules.name));
  if (is_there(*by_state_ / "rules")) config.rules.insert(config.rules.begin(), *by_state_ / "rules");
  Problems problems;
  load_rules(config, problems);
  return refuse(std::move(problems));
}

Importer::Failed Importer::take_rest() {
  for (; next_ < manifest_.members.size(); ++next_)
    if (auto failed = take_one(manifest_.members[next_])) return failed;
  return reader_.read_end();
}

Importer::Failed Importer::take_one(const MemberInfo& member) {
  if (member.name == kAuthorityMember) return take_authority(member);
  if (member.name.starts_with(kStateFolder)) return take_state(member);
  if (member.name == kStoreSecret) return take(member, *by_state_, "secret");
  if (config_.disk_path.empty())
    return Error{"the export holds a store, but the configuration keeps none on disk (disk.path)"};
  if (!by_store_) {
    auto staging = Staging::in(folder_of(config_.disk_path));
    if (!staging) return staging.error();
    by_store_ = std::move(*staging);
  }
  return take(member, *by_store_, member.name);
}

/// As the next start would read it: what it cannot read would displace what is good.
Importer::Failed Importer::take_state(const MemberInfo& member) {
  std::string bytes;
  if (auto failed = read(member, bytes)) return failed;
  if (!is_kept_state(path_of(member.name.substr(kStateFolder.size())), bytes))
    return Error{"the export is damaged: " + member.name + " holds neither savings nor history of cachearr"};
  auto out = by_state_->new_file(member.name);
  out << bytes;
  out.close();
  return out ? Failed{} : Error{*by_state_ / member.name + " cannot be written"};
}

Importer::Failed Importer::take_authority(const MemberInfo& member) {
  std::string sealed;
  if (auto failed = read(member, sealed)) return failed;
  const auto files = open_authority(sealed, request_.passphrase);
  if (!files) return files.error();
  auto staging = Staging::in(folder_of(config_.ca_dir));
  if (!staging) return staging.error();
  by_authority_ = std::move(*staging);
  return authority::write_authority_files(*by_authority_ / "ca", *files);
}

Importer::Failed Importer::check_rest() {
  if (by_authority_)
    if (const auto loaded = authority::Authority::load(*by_authority_ / "ca"); !loaded) return loaded.error();
  if (!by_store_) return std::nullopt;
  ::chmod((*by_store_ / "store").c_str(), S_IRWXU);
  return store::check_store(*by_store_ / "store");
}

Importer::Failed Importer::plan() {
  plan_config();
  plan_state();
  if (by_store_) {
    by_store_->give_to_owner();
    plan_.add("store", *by_store_, "store", config_.disk_path);
  }
  if (by_authority_) {
    by_authority_->give_to_owner();
    plan_.add("authority", *by_authority_, "ca", config_.ca_dir);
  }
  if (auto failed = plan_.check()) return *std::move(failed);
  return std::nullopt;
}

/// The configuration first: it leads a restart to the journal that says how to go on.
void Importer::plan_config() {
  if (!by_config_) return;
  take_rights(folder_of(config_file_));
  plan_.add("configuration", *by_config_, "cachearr.json", config_file_);
  for (const auto& rules : manifest_.rules)
    if (!comes_with_another(rules)) plan_.add("rules", *by_config_, path_of(rules.name), place_of(rules));
}

/// Below a folder of rules that is put in place as a whole.
bool Importer::comes_with_another(const RulesPath& rules) const {
  return std::any_of(manifest_.rules.begin(), manifest_.rules.end(), [&](const RulesPath& other) {
    return other.folder && place_of(rules).starts_with(place_of(other) + "/");
  });
}

/// Of what the configuration's files take the place of.
void Importer::take_rights(const std::string& base) {
  by_config_->take_rights_of("cachearr.json", config_file_, config_.state_dir);
  const auto folder = base + "/";
  std::error_code error;
  for (fs::recursive_directory_iterator at{by_config_->path(), error}, end; !error && at != end; at.increment(error)) {
    const auto relative = at->path().lexically_relative(by_config_->path()).string();
    if (relative != "cachearr.json") by_config_->take_rights_of(relative, folder + relative, config_.state_dir);
  }
}

void Importer::plan_state() {
  const auto own = rules::own_folder(config_.state_dir);
  if (is_there(own)) by_state_->make_folder("rules");  // none are in force then, as in the export
  by_state_->give_to_owner();
  plan_.add("rules of the page", *by_state_, "rules", own);
  plan_.add("savings and history, from the next start on", *by_state_, "state", config_.state_dir + "/state.import");
  plan_.add("secret of the store", *by_state_, "secret", config_.state_dir + "/secret");
}

Importer::Failed Importer::put_in_place() {
  report_.put = plan_.lines();
  report_.kept = plan_.kept();
  Swaps swaps{config_.state_dir};
  if (auto failed = plan_.carry_out(swaps, config_.state_dir)) return *std::move(failed);
  // The store has its own: what an earlier import has left for the next start would take their place.
  std::error_code none_left;
  const auto left = config_.state_dir + "/state.import";
  if (by_store_) fs::rename(left, left + suffix_of(request_.now), none_left);
  if (request_.accept) {
    if (auto refused = request_.accept()) {
      swaps.undo();
      return refused;
    }
  }
  swaps.keep();
  return std::nullopt;
}

}  // namespace

Result<ImportReport, admin::ImportRefusal> import_archive(std::istream& in, const ImportRequest& request) {
  return Importer{in, request}.run();
}

}  // namespace cachearr::app::backup
