// An export in one file: a POSIX tar of regular files, the manifest first; names that its headers cannot hold stand
// before them, as pax writes them. Whoever has no cachearr at hand unpacks it with tar; what is read here is believed
// only as far as sizes and checksums say so.
//
// Owned by whoever writes or reads, on one thread.
#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "app/backup/manifest.hpp"
#include "base/result.hpp"

namespace cachearr::app::backup {

/// A file of the export to be.
struct Member {
  std::string name;
  std::string bytes;
  std::string file{};  // not empty: the content is this file's
};

/// Writes it as a whole. What the members are is added to `manifest`. The error: a file cannot be read, a name or a
/// size is beyond what an export holds, `out` takes no more.
std::optional<Error> write_archive(std::ostream& out, Manifest manifest, const std::vector<Member>& members);

class ArchiveReader {
 public:
  using Sink = std::function<bool(std::string_view piece)>;  // false: it cannot be kept

  explicit ArchiveReader(std::istream& in) : in_{in} {}
  /// First of all.
  Result<Manifest> read_manifest();
  /// The next member, which has to be this one. What `sink` got is right only where no error comes back.
  std::optional<Error> read_member(const MemberInfo& member, const Sink& sink);
  /// Behind the last member there is nothing.
  std::optional<Error> read_end();

 private:
  /// Before a member whose name is long: nothing but that name.
  std::optional<Error> read_long_name(std::string_view name);
  std::optional<Error> read_header(std::string_view name, char type, std::uint64_t& size);
  std::optional<Error> read_padding(std::uint64_t size);

  std::istream& in_;
};

}  // namespace cachearr::app::backup
