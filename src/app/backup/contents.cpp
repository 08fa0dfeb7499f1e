#include "app/backup/contents.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "app/backup/kept_state.hpp"
#include "app/backup/seal.hpp"
#include "app/read_file.hpp"
#include "authority/authority.hpp"
#include "base/iso_time.hpp"
#include "rules/load/load.hpp"
#include "store/store_copy.hpp"

namespace cachearr::app::backup {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Where that cannot be told, an error: what an export leaves out unseen is missed when it is too late.
Result<bool> look_for(const fs::path& path) {
  std::error_code error;
  const bool there = fs::exists(path, error);
  if (error) return unreadable(path.string(), error.value());
  return there;
}

/// Once: "rules" may name a file, and the folder that it lies in, to give an order.
std::optional<Error> add_file(const fs::path& path, std::string name, Contents& into) {
  const auto same = [&name](const auto& member) { return member.name == name; };
  if (std::any_of(into.members.begin(), into.members.end(), same)) return std::nullopt;
  auto bytes = read_file(path.string(), kLargestFile);
  if (!bytes) return bytes.error();
  into.members.push_back({std::move(name), std::move(*bytes)});
  return std::nullopt;
}

/// As the rules' loader sees them.
Result<std::vector<fs::path>> rules_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".json") files.push_back(at->path());
  if (error) return unreadable(folder.string(), error.value());
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<Error> add_folder(const fs::path& folder, const std::string& below, Contents& into) {
  const auto files = rules_in(folder);
  if (!files) return files.error();
  for (const auto& file : *files)
    if (auto failed = add_file(file, below + name_of(file.filename().string()), into)) return failed;
  return std::nullopt;
}

std::optional<Error> add_own_rules(const fs::path& folder, Contents& into) {
  const auto there = look_for(folder);
  if (!there) return there.error();
  return *there ? add_folder(folder, std::string{kOwnRulesFolder}, into) : std::nullopt;
}

std::optional<Error> add_rules(const fs::path& path, const fs::path& base, Contents& into) {
  const auto relative = path.lexically_relative(base);
  if (relative.empty() || *relative.begin() == ".." || relative == ".") {
    into.notes.push_back(path.string() + " does not lie below " + base.string() + ": its rules are not in the export");
    return std::nullopt;
  }
  std::error_code error;
  const auto name = name_of(relative.string());
  const bool is_folder = fs::is_directory(path, error);
  if (error) return unreadable(path.string(), error.value());
  const auto same = [&name](const auto& rules) { return rules.name == name; };
  if (std::none_of(into.rules.begin(), into.rules.end(), same)) into.rules.push_back({name, is_folder});
  const auto member = std::string{kConfigFolder} + name;
  return is_folder ? add_folder(path, member + "/", into) : add_file(path, member, into);
}

}  // namespace

std::optional<Error> add_files(const Config& config, Contents& into) {
  const auto own = rules::own_folder(config.state_dir);
  if (config.file.empty()) {
    into.notes.emplace_back(
        "there is no configuration file: built-in defaults and the environment are not in the export");
  } else {
    if (auto failed = add_file(config.file, std::string{kConfigMember}, into)) return failed;
    for (const auto& path : config.rules)
      if (path != own)
        if (auto failed = add_rules(path, fs::path{config.file}.parent_path(), into)) return failed;
  }
  return add_own_rules(own, into);
}

void add_states(const StateOf& state_of, Contents& into) {
  for (const auto& name : kept_states()) {
    auto bytes = state_of(name);
    if (bytes.empty()) continue;
    // No import takes it.
    if (!is_kept_state(name, bytes)) {
      into.notes.push_back("what is kept as " + name + " is damaged: it is not in the export");
      continue;
    }
    into.members.push_back({std::string{kStateFolder} + name_of(name), std::move(bytes)});
  }
}

std::optional<Error> add_authority(const Config& config, std::string_view passphrase, Contents& into) {
  if (passphrase.size() < kLeastPassphrase)
    return Error{"the passphrase for the authority needs at least " + std::to_string(kLeastPassphrase) + " characters"};
  const auto loaded = authority::Authority::load(config.ca_dir);
  if (!loaded) return loaded.error();
  const auto files = authority::read_authority_files(config.ca_dir);
  if (!files) return files.error();
  const Json plain = {{"key", files->key}, {"certificate", files->certificate}};
  auto sealed = seal(plain.dump(), passphrase);
  if (!sealed) return sealed.error();
  into.members.push_back({std::string{kAuthorityMember}, std::move(*sealed)});
  return std::nullopt;
}

Result<authority::AuthorityFiles> open_authority(std::string_view sealed, std::string_view passphrase) {
  const auto plain = unseal(sealed, passphrase);
  if (!plain) return plain.error();
  const auto json = Json::parse(*plain, nullptr, false);
  const auto text_of = [&json](const char* name) {
    return json.is_object() && json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
  };
  return authority::AuthorityFiles{text_of("key"), text_of("certificate")};
}

Result<bool> has_store(const Config& config) {
  if (config.disk_path.empty()) return false;
  return look_for(fs::path{config.disk_path} / kStoreData.substr(kStoreFolder.size()));
}

std::optional<Error> add_store(const Config& config, const std::string& folder, Contents& into) {
  const auto there = has_store(config);
  if (!there) return there.error();
  if (!*there) return Error{"there is no store on disk to export"};
  if (auto failed = store::copy_store(config.disk_path, folder)) return failed;
  std::error_code error;
  for (const auto name : {kStoreData, kStoreJournal}) {
    const auto copy = folder + "/" + std::string{name.substr(kStoreFolder.size())};
    if (fs::exists(copy, error)) into.members.push_back({std::string{name}, {}, copy});
  }
  return add_file(config.state_dir + "/secret", std::string{kStoreSecret}, into);
}

std::optional<Error> write(std::ostream& out, const Contents& contents, TimePoint now) {
  return write_archive(out, {CACHEARR_VERSION, iso_time(now), contents.rules, {}}, contents.members);
}

}  // namespace cachearr::app::backup
