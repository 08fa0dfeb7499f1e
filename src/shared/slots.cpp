#include "shared/slots.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace cachearr::shared {

namespace {

constexpr std::uint64_t kMostPort = 65'535;

/// CRC-16/XMODEM, as the specification of the Cluster has it.
constexpr std::array<std::uint16_t, 256> crc_table() noexcept {
  std::array<std::uint16_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte << 8U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U;
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}
constexpr auto kCrcTable = crc_table();

std::uint16_t crc16(std::string_view bytes) noexcept {
  std::uint32_t crc = 0;
  for (const char byte : bytes)
    crc = ((crc << 8U) & 0xFFFFU) ^ kCrcTable[((crc >> 8U) ^ static_cast<unsigned char>(byte)) & 0xFFU];
  return static_cast<std::uint16_t>(crc);
}

std::string_view hash_tag(std::string_view key) noexcept {
  const auto open = key.find('{');
  if (open == std::string_view::npos) return key;
  const auto close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

/// Takes one text from the front of a command; none where there is no other.
std::optional<std::string_view> next_word(std::string_view& rest) noexcept {
  const auto end = rest.find("\r\n");
  if (!rest.starts_with('$') || end == std::string_view::npos) return std::nullopt;
  const auto size = text::parse_unsigned(rest.substr(1, end - 1));
  rest.remove_prefix(end + 2);
  if (!size || *size > rest.size()) return std::nullopt;
  const auto word = rest.substr(0, static_cast<std::size_t>(*size));
  rest.remove_prefix(std::min(rest.size(), word.size() + 2));
  return word;
}

bool has_no_key(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 10> names{"TIME", "INFO",   "PING",    "HELLO",  "SELECT",
                                                   "SCAN", "ASKING", "CLUSTER", "SCRIPT", "ROLE"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<ServerHost> to_node(std::string_view place) {
  const auto colon = place.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = text::parse_unsigned(place.substr(colon + 1));
  if (!port || *port == 0 || *port > kMostPort) return std::nullopt;
  return ServerHost{std::string{place.substr(0, colon)}, static_cast<std::uint16_t>(*port)};
}

/// [name or address, port, id, …]. A name that is not known, "?", is that of who was asked.
std::optional<ServerHost> to_node(const Reply& reply, std::string_view asked) {
  if (!reply.is_list() || reply.items.size() < 2) return std::nullopt;
  const auto port = reply.items[1].to_number();
  if (port <= 0 || port > static_cast<std::int64_t>(kMostPort)) return std::nullopt;
  const auto& name = reply.items[0].text;
  const bool is_known = !name.empty() && name != "?";
  return ServerHost{is_known ? name : std::string{asked}, static_cast<std::uint16_t>(port)};
}

}  // namespace

Slot slot_of(std::string_view key) noexcept { return static_cast<Slot>(crc16(hash_tag(key)) % kSlots); }

std::optional<std::string_view> key_of(std::string_view command) noexcept {
  command.remove_prefix(std::min(command.size(), command.find("\r\n") + 2));
  const auto name = next_word(command);
  if (!name || has_no_key(*name)) return std::nullopt;
  auto word = next_word(command);
  if (*name == "XREAD") {
    while (word && *word != "STREAMS") word = next_word(command);
    return next_word(command);
  }
  if (*name != "EVAL" && *name != "EVALSHA") return word;
  const auto keys = next_word(command);
  return !keys || *keys == "0" ? std::nullopt : next_word(command);
}

std::optional<Redirect> read_redirect(const Reply& reply) {
  const bool asks = reply.is_error("ASK");
  if (!asks && !reply.is_error("MOVED")) return std::nullopt;
  const auto words = text::split(reply.text, ' ');
  if (words.size() != 3) return std::nullopt;
  const auto slot = text::parse_unsigned(words[1]);
  auto host = to_node(words[2]);
  if (!slot || *slot >= kSlots || !host) return std::nullopt;
  return Redirect{asks, static_cast<Slot>(*slot), *std::move(host)};
}

std::optional<SlotMap> SlotMap::read(const Reply& reply, std::string_view asked) {
  if (!reply.is_list()) return std::nullopt;
  SlotMap map;
  for (const auto& range : reply.items) {
    if (!range.is_list() || range.items.size() < 3) return std::nullopt;
    const auto first = range.items[0].to_number(-1), last = range.items[1].to_number(-1);
    const auto master = to_node(range.items[2], asked);
    if (first < 0 || last < first || last >= static_cast<std::int64_t>(kSlots) || !master) return std::nullopt;
    map.add(static_cast<Slot>(first), static_cast<Slot>(last), *master);
    for (std::size_t i = 3; i < range.items.size(); ++i) {
      const auto replica = to_node(range.items[i], asked);
      const auto& known = map.replicas_;
      if (replica && std::find(known.begin(), known.end(), *replica) == known.end()) map.replicas_.push_back(*replica);
    }
  }
  return map;
}

void SlotMap::add(Slot first, Slot last, const ServerHost& master) {
  auto at = std::find(masters_.begin(), masters_.end(), master);
  if (at == masters_.end()) at = masters_.insert(at, master);
  const auto number = static_cast<std::uint16_t>(at - masters_.begin() + 1);
  std::fill(served_by_.begin() + first, served_by_.begin() + last + 1, number);
}

bool SlotMap::is_complete() const noexcept {
  return std::find(served_by_.begin(), served_by_.end(), 0) == served_by_.end();
}

const ServerHost* SlotMap::master_of(Slot slot) const noexcept {
  const std::size_t number = slot < kSlots ? served_by_[slot] : std::uint16_t{0};
  return number == 0 ? nullptr : &masters_[number - 1];
}

std::vector<ServerHost> SlotMap::nodes() const {
  auto all = masters_;
  all.insert(all.end(), replicas_.begin(), replicas_.end());
  return all;
}

}  // namespace cachearr::shared
