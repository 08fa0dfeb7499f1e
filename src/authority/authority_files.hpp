// The authority's two files and who may see them. Private to this module and to exports
// of the whole installation; blocking, for start and command line only.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"

namespace cachearr::authority {

struct AuthorityFiles {
  std::string key;          // PEM
  std::string certificate;  // PEM
};

std::string key_path(const std::string& directory);
std::string certificate_path(const std::string& directory);

/// Refuses what others may read or what belongs to somebody else, and says how to mend it.
Result<AuthorityFiles> read_authority_files(const std::string& directory);
/// Makes the directory where it is missing and replaces both files, each in one step, key first. Root gives them to the
/// owner of the directory above, as that is whom the service runs as.
std::optional<Error> write_authority_files(const std::string& directory, const AuthorityFiles& files);

}  // namespace cachearr::authority
