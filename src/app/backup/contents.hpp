// What goes into an export: the configuration, the user's own rules, savings and history, and where it is asked for
// the authority and the store. Reads files; keeps nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/config.hpp>

#include "app/backup/archive.hpp"
#include "authority/authority_files.hpp"
#include "base/result.hpp"

namespace cachearr::app::backup {

struct Contents {
  std::vector<RulesPath> rules;
  std::vector<Member> members;
  std::vector<std::string> notes;  // what is left out, a sentence each
};

using StateOf = std::function<std::string(std::string_view name)>;

/// The configuration file and the rules that it names, as far as they lie below its folder; and those that were written
/// through the program.
std::optional<Error> add_files(const Config& config, Contents& into);
/// Savings and history, as far as they can be read again.
void add_states(const StateOf& state_of, Contents& into);
/// The authority, sealed.
std::optional<Error> add_authority(const Config& config, std::string_view passphrase, Contents& into);
/// What add_authority() has sealed.
Result<authority::AuthorityFiles> open_authority(std::string_view sealed, std::string_view passphrase);
/// Whether a store lies on disk. The error: that cannot be told.
Result<bool> has_store(const Config& config);
/// A copy of the store, which is made in `folder` and has to stay there until the export is written, and the secret
/// without which it knows no credentials again.
std::optional<Error> add_store(const Config& config, const std::string& folder, Contents& into);

/// As one file. The contents' members are listed in it.
std::optional<Error> write(std::ostream& out, const Contents& contents, TimePoint now);

}  // namespace cachearr::app::backup
