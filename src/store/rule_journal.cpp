#include "store/rule_journal.hpp"

#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string_view>
#include <unistd.h>

#include "store/disk_record.hpp"

namespace cachearr::store {
namespace {

std::string journal_in(const std::string& folder) { return folder + "/purges"; }

void append(std::string& out, std::string_view piece) {
  const auto size = static_cast<std::uint32_t>(piece.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size).append(piece);
}

/// The next piece, which is removed; false where it is not whole.
bool take(std::string_view& rest, std::string_view& piece) {
  std::uint32_t size = 0;
  if (rest.size() < sizeof size) return false;
  std::memcpy(&size, rest.data(), sizeof size);
  rest.remove_prefix(sizeof size);
  if (rest.size() < size) return false;
  piece = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

}  // namespace

bool journal_rules(const std::string& folder, const std::vector<Invalidation>& rules) {
  std::string bytes;
  for (const auto& rule : rules) {
    append(bytes, rule_key(rule.generation));
    append(bytes, encode_rule(rule));
  }
  const int file = ::open(journal_in(folder).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool written = ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  ::close(file);
  return written;
}

std::vector<Invalidation> journaled_rules(const std::string& folder) {
  std::ifstream in{journal_in(folder), std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  std::string_view rest{bytes};
  std::string_view key;
  std::string_view value;
  std::vector<Invalidation> rules;
  while (take(rest, key) && take(rest, value)) {
    auto rule = decode_rule(key, value);
    if (!rule) break;
    rules.push_back(*std::move(rule));
  }
  return rules;
}

void clear_journal(const std::string& folder) { ::unlink(journal_in(folder).c_str()); }

}  // namespace cachearr::store
