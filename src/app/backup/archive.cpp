#include "app/backup/archive.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <openssl/evp.h>

#include "base/text.hpp"

namespace cachearr::app::backup {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::uint64_t kLargestManifest = 4 * 1024 * 1024;
// Of a header: a file, and what else is known of the file that follows (POSIX 1003.1-2001, pax).
constexpr char kFile = '0', kAboutNext = 'x';
constexpr std::string_view kNameOfAbout{"pax/header"};
using Block = std::array<char, kBlock>;

// Where a header of POSIX 1003.1-1988 (ustar) has what.
struct Place {
  std::size_t at, size;
};
constexpr Place kName{0, 100}, kMode{100, 8}, kUser{108, 8}, kGroup{116, 8}, kSize{124, 12}, kTime{136, 12},
    kChecksum{148, 8}, kType{156, 1}, kMagic{257, 8};
constexpr std::string_view kUstar{"ustar\00000", 8};

class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  /// Once.
  std::string hex() {
    std::array<unsigned char, 32> bytes{};
    EVP_DigestFinal_ex(context_.get(), bytes.data(), nullptr);
    std::string out;
    for (const auto byte : bytes) out.append({"0123456789abcdef"[byte >> 4U], "0123456789abcdef"[byte & 15U]});
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

void put(Block& block, Place place, std::string_view text) {
  text.copy(block.data() + static_cast<std::ptrdiff_t>(place.at), place.size);
}

/// Octal digits and a NUL, which is how tar writes numbers.
void put_number(Block& block, Place place, std::uint64_t number) {
  std::string digits(place.size - 1, '0');
  for (auto at = digits.rbegin(); at != digits.rend(); ++at, number >>= 3U)
    *at = static_cast<char>('0' + static_cast<char>(number & 7U));
  put(block, place, digits);
}

std::string_view at(const Block& block, Place place) { return {block.data() + place.at, place.size}; }

std::optional<std::uint64_t> number_at(const Block& block, Place place) {
  std::uint64_t number = 0;
  const auto digits = at(block, place);
  const auto end = digits.find_first_of(std::string_view{"\0 ", 2});
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  for (const char digit : digits.substr(0, end)) {
    if (digit < '0' || digit > '7') return std::nullopt;
    number = number << 3U | static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

/// The sum of all bytes, those of the checksum itself taken as spaces.
std::uint64_t checksum_of(const Block& block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kChecksum.at && i < kChecksum.at + kChecksum.size;
    sum += own ? static_cast<unsigned char>(' ') : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

Block header_of(std::string_view name, char type, std::uint64_t size) {
  Block block{};
  put(block, kName, name);
  put_number(block, kMode, 0600);
  put_number(block, kUser, 0);
  put_number(block, kGroup, 0);
  put_number(block, kSize, size);
  put_number(block, kTime, 0);
  put(block, kType, {&type, 1});
  put(block, kMagic, kUstar);
  put_number(block, {kChecksum.at, kChecksum.size - 1}, checksum_of(block));
  block[kChecksum.at + kChecksum.size - 1] = ' ';
  return block;
}

std::size_t padding_of(std::uint64_t size) { return static_cast<std::size_t>((kBlock - size % kBlock) % kBlock); }

bool is_long(std::string_view name) noexcept { return name.size() > kName.size; }

/// "LENGTH path=NAME\n", where the length counts its own digits as well.
std::string name_record(std::string_view name) {
  const auto rest = " path=" + std::string{name} + "\n";
  auto length = rest.size();
  while (length != std::to_string(length).size() + rest.size()) length = std::to_string(length).size() + rest.size();
  return std::to_string(length) + rest;
}

void write_header(std::ostream& out, std::string_view name, char type, std::uint64_t size) {
  const auto header = header_of(name, type, size);
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
}

void write_long_name(std::ostream& out, std::string_view name) {
  const auto record = name_record(name);
  write_header(out, kNameOfAbout, kAboutNext, record.size());
  out << record << std::string(padding_of(record.size()), '\0');
}

/// Hands over the member's content in pieces. False where its file cannot be read.
bool for_each_piece(const Member& member, const std::function<void(std::string_view)>& each) {
  if (member.file.empty()) return each(member.bytes), true;
  std::ifstream in{member.file, std::ios::binary};
  if (!in) return false;
  std::string piece(kPiece, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0)
    each(std::string_view{piece}.substr(0, static_cast<std::size_t>(in.gcount())));
  return !in.bad();
}

Result<MemberInfo> describe(const Member& member) {
  if (!is_safe_name(member.name)) return Error{"an export cannot hold a file of the name \"" + member.name + "\""};
  MemberInfo info{member.name, 0, {}};
  Sha256 sha256;
  const bool read = for_each_piece(member, [&](std::string_view piece) {
    info.size += piece.size();
    sha256.add(piece);
  });
  if (!read) return Error{member.file + " cannot be read"};
  info.sha256 = sha256.hex();
  return info;
}

/// False where the content is not what was described.
bool write_member(std::ostream& out, const MemberInfo& info, const Member& member) {
  if (is_long(info.name)) write_long_name(out, info.name);
  write_header(out, info.name, kFile, info.size);
  std::uint64_t written = 0;
  const bool read = for_each_piece(member, [&](std::string_view piece) {
    written += piece.size();
    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
  });
  out << std::string(padding_of(info.size), '\0');
  return read && written == info.size;
}

bool is_empty(const Block& block) {
  return std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; });
}

Error cut_off() { return Error{"the export is cut off"}; }
Error damaged(const std::string& what) { return Error{"this is no export of cachearr, or it is damaged: " + what}; }

}  // namespace

std::optional<Error> write_archive(std::ostream& out, Manifest manifest, const std::vector<Member>& members) {
  for (const auto& member : members) {
    auto info = describe(member);
    if (!info) return info.error();
    manifest.members.push_back(std::move(*info));
  }
  const Member first{std::string{kManifestMember}, encode(manifest)};
  // What could not be imported again is not exported.
  if (auto read = decode_manifest(first.bytes); !read) return read.error();
  if (first.bytes.size() > kLargestManifest) return Error{"there are too many rules for one export"};
  bool whole = write_member(out, {first.name, first.bytes.size(), {}}, first);
  for (std::size_t i = 0; i < members.size() && whole; ++i) whole = write_member(out, manifest.members[i], members[i]);
  out << std::string(2 * kBlock, '\0');
  out.flush();
  if (!whole) return Error{"a file changed while it was exported; try again"};
  if (!out) return Error{"the export cannot be written"};
  return std::nullopt;
}

std::optional<Error> ArchiveReader::read_long_name(std::string_view name) {
  const auto record = name_record(name);
  std::uint64_t size = 0;
  if (auto failed = read_header(kNameOfAbout, kAboutNext, size)) return failed;
  std::string found(record.size(), '\0');
  if (size == record.size() && !in_.read(found.data(), static_cast<std::streamsize>(size))) return cut_off();
  if (found != record) return damaged("there is something else where the name " + std::string{name} + " should be");
  return read_padding(size);
}

std::optional<Error> ArchiveReader::read_header(std::string_view name, char type, std::uint64_t& size) {
  Block block{};
  if (!in_.read(block.data(), kBlock)) {
    const auto begun = at(block, kName).substr(0, std::min(static_cast<std::size_t>(in_.gcount()), name.size()));
    return name.starts_with(begun) ? cut_off() : damaged("it is no tar of ours");
  }
  const auto sum = number_at(block, kChecksum), length = number_at(block, kSize);
  if (at(block, kMagic) != kUstar || !sum || *sum != checksum_of(block)) return damaged("it is no tar of ours");
  auto found = at(block, kName);
  found = found.substr(0, found.find('\0'));
  if (found != name.substr(0, kName.size) || at(block, kType).front() != type || !length)
    return damaged("there is something else where " + std::string{name} + " should be");
  size = *length;
  return std::nullopt;
}

std::optional<Error> ArchiveReader::read_padding(std::uint64_t size) {
  Block block{};
  const auto padding = padding_of(size);
  if (!in_.read(block.data(), static_cast<std::streamsize>(padding))) return cut_off();
  if (!is_empty(block)) return damaged("there is something between its members");
  return std::nullopt;
}

Result<Manifest> ArchiveReader::read_manifest() {
  std::uint64_t size = 0;
  if (auto failed = read_header(kManifestMember, kFile, size)) return *std::move(failed);
  if (size > kLargestManifest) return damaged("its manifest is too large");
  std::string text(static_cast<std::size_t>(size), '\0');
  if (!in_.read(text.data(), static_cast<std::streamsize>(size))) return cut_off();
  if (auto failed = read_padding(size)) return *std::move(failed);
  return decode_manifest(text);
}

std::optional<Error> ArchiveReader::read_member(const MemberInfo& member, const Sink& sink) {
  std::uint64_t size = 0;
  if (is_long(member.name))
    if (auto failed = read_long_name(member.name)) return failed;
  if (auto failed = read_header(member.name, kFile, size)) return failed;
  if (size != member.size) return damaged(member.name + " has another size than its manifest says");
  Sha256 sha256;
  std::string piece(kPiece, '\0');
  for (std::uint64_t left = size; left > 0;) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
    if (!in_.read(piece.data(), static_cast<std::streamsize>(part))) return cut_off();
    const auto bytes = std::string_view{piece}.substr(0, part);
    sha256.add(bytes);
    if (!sink(bytes)) return Error{member.name + " cannot be written"};
    left -= part;
  }
  if (sha256.hex() != member.sha256) return damaged(member.name + " does not have the checksum that its manifest says");
  return read_padding(size);
}

std::optional<Error> ArchiveReader::read_end() {
  Block block{};
  std::size_t blocks = 0;
  for (; in_.read(block.data(), kBlock); ++blocks)
    if (!is_empty(block)) return damaged("there is something behind its end");
  if (blocks < 2) return cut_off();
  if (in_.gcount() != 0) return damaged("there is something behind its end");
  return std::nullopt;
}

}  // namespace cachearr::app::backup
