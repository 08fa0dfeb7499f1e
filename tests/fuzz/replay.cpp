// Gives every target its seeds once, without a fuzzer: fuzz_seeds CORPUS. What a target does not survive ends the
// program, behind the name of the seed.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#define TARGET(unit) extern "C" int fuzz_##unit(const std::uint8_t*, std::size_t);
#include "targets.inc"
#undef TARGET

namespace {

using Target = int (*)(const std::uint8_t*, std::size_t);

/// How many seeds there were. A target without seeds gets the empty input.
std::size_t replay(Target target, const std::filesystem::path& seeds) {
  target(reinterpret_cast<const std::uint8_t*>(""), 0);
  if (!std::filesystem::is_directory(seeds)) return 0;
  std::size_t count = 0;
  for (const auto& seed : std::filesystem::directory_iterator{seeds}) {
    std::ifstream in{seed.path(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    std::printf("%s\n", seed.path().c_str());
    std::fflush(stdout);
    target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++count;
  }
  return count;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::fputs("usage: fuzz_seeds CORPUS\n", stderr), 2;
  const std::filesystem::path corpus{arguments[1]};
  std::size_t replayed = 0;
#define TARGET(unit) replayed += replay(fuzz_##unit, corpus / #unit);
#include "targets.inc"
#undef TARGET
  std::printf("%zu seeds replayed\n", replayed);
  return replayed == 0 ? 1 : 0;
}
