// An export: total on any bytes; what is read as whole can be written and read again.
#include <sstream>

#include "app/backup/archive.hpp"
#include "fuzz/input.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in{std::string{fuzz::text_of(data, size)}};
  app::backup::ArchiveReader reader{in};
  const auto manifest = reader.read_manifest();
  if (!manifest) return 0;
  const auto again = app::backup::decode_manifest(app::backup::encode(*manifest));
  fuzz::require(again.ok() && again->members == manifest->members && again->rules == manifest->rules);
  for (const auto& member : manifest->members)
    if (reader.read_member(member, [](std::string_view) { return true; })) return 0;
  static_cast<void>(reader.read_end());
  return 0;
}
