#include "http/websocket.hpp"

#include <openssl/evp.h>
#include <utility>

#include "base/text.hpp"

namespace cachearr::http {

namespace {

constexpr std::size_t kLongestControl = 125;
constexpr unsigned kTwoBytes = 126, kEightBytes = 127;  // lengths that say how many bytes of length follow

unsigned byte_at(std::string_view bytes, std::size_t at) noexcept { return static_cast<unsigned char>(bytes[at]); }

bool is_control(WebSocketOpcode opcode) noexcept { return static_cast<unsigned>(opcode) >= 8; }

bool is_known(unsigned opcode) noexcept { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

void append_length(std::string& out, std::size_t size) {
  constexpr unsigned masked = 0x80;
  const auto extended = size <= kLongestControl ? 0U : size <= 0xFFFF ? 2U : 8U;
  const auto first = extended == 0 ? static_cast<unsigned>(size) : extended == 2 ? kTwoBytes : kEightBytes;
  out += static_cast<char>(masked | first);
  for (unsigned i = extended; i > 0; --i) out += static_cast<char>(size >> (8 * (i - 1)) & 0xFF);
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  const auto text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return text::base64_encode({reinterpret_cast<const char*>(digest.data()), size});
}

std::string websocket_frame(WebSocketOpcode opcode, std::string_view payload, std::array<unsigned char, 4> mask) {
  std::string frame(1, static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
  append_length(frame, payload.size());
  for (const auto byte : mask) frame += static_cast<char>(byte);
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % mask.size()]);
  return frame;
}

std::string_view WebSocketReader::problem_of(const Header& header, unsigned first, unsigned second) const {
  if ((first & 0x70) != 0) return "a frame uses an extension that nobody agreed to";
  if (!is_known(first & 0x0F)) return "a frame of no known kind";
  if ((second & 0x80) != 0) return "a masked frame of a server";
  if (is_control(header.opcode)) {
    const bool good = header.final && header.payload <= kLongestControl;
    return good ? std::string_view{} : "a control frame that is too long or in parts";
  }
  if ((header.opcode == WebSocketOpcode::continuation) != in_parts_) return "parts of messages are mixed";
  if (header.payload > most_ - joined_.size()) return "a message that is too long";
  return {};
}

bool WebSocketReader::read_header(Header& into, std::string_view& problem) const {
  if (unread_.size() < 2) return false;
  const auto first = byte_at(unread_, 0), second = byte_at(unread_, 1);
  into.final = (first & 0x80) != 0;
  into.opcode = static_cast<WebSocketOpcode>(first & 0x0F);
  const auto length = second & 0x7F;
  const auto extended = length == kTwoBytes ? 2U : length == kEightBytes ? 8U : 0U;
  into.size = 2 + extended;
  if (unread_.size() < into.size) return false;
  std::uint64_t payload = extended == 0 ? length : 0;
  for (unsigned i = 0; i < extended; ++i) payload = payload << 8 | byte_at(unread_, 2 + i);
  into.payload = payload;
  problem = problem_of(into, first, second);
  return true;
}

WebSocketReader::Item WebSocketReader::read_control(const Header& header, std::string payload) {
  switch (header.opcode) {
    case WebSocketOpcode::ping: return {Item::Kind::ping, std::move(payload)};
    case WebSocketOpcode::close: return {Item::Kind::close, payload.size() > 2 ? payload.substr(2) : std::string{}};
    default: return {Item::Kind::pong, std::move(payload)};
  }
}

WebSocketReader::Item WebSocketReader::read_frame(const Header& header) {
  auto payload = unread_.substr(header.size, header.payload);
  unread_.erase(0, header.size + header.payload);
  if (is_control(header.opcode)) return read_control(header, std::move(payload));
  joined_ += payload;
  in_parts_ = !header.final;
  if (in_parts_) return {};
  return {Item::Kind::message, std::exchange(joined_, {})};
}

WebSocketReader::Item WebSocketReader::next() {
  for (;;) {
    Header header;
    std::string_view problem;
    if (!read_header(header, problem)) return {};
    if (!problem.empty()) return {Item::Kind::error, {}, problem};
    if (unread_.size() - header.size < header.payload) return {};
    auto item = read_frame(header);
    if (item.kind != Item::Kind::need_more) return item;
  }
}

}  // namespace cachearr::http
