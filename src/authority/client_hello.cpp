#include "authority/client_hello.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "authority/host_names.hpp"
#include "base/hash.hpp"

namespace cachearr::authority {
namespace {

constexpr unsigned kHandshakeRecord = 22;
constexpr unsigned kClientHelloMessage = 1;
constexpr unsigned kServerNameExtension = 0;
constexpr unsigned kAlpnExtension = 16;
constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMessageHeader = 4;

/// Takes fields off the front of bytes; once something is missing it stays broken and gives nothing.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : rest_{bytes} {}

  std::string_view bytes(std::size_t count) noexcept {
    if (broken_ || rest_.size() < count) {
      broken_ = true;
      return {};
    }
    const auto out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  std::size_t number(std::size_t width) noexcept {
    std::size_t value = 0;
    for (const char c : bytes(width)) value = value << 8U | static_cast<unsigned char>(c);
    return value;
  }
  /// A field with its length before it.
  std::string_view field(std::size_t width) noexcept { return bytes(number(width)); }
  bool is_broken() const noexcept { return broken_; }
  bool at_end() const noexcept { return broken_ || rest_.empty(); }

 private:
  std::string_view rest_;
  bool broken_ = false;
};

std::size_t number_at(std::string_view bytes, std::size_t at, std::size_t width) noexcept {
  return Reader{bytes.substr(at)}.number(width);
}

enum class Found : std::uint8_t { nothing_yet, whole, nonsense };

/// The handshake message, put together from its records.
Found join_records(std::string_view bytes, std::string& message) {
  while (!bytes.empty()) {
    if (static_cast<unsigned char>(bytes[0]) != kHandshakeRecord) return Found::nonsense;
    if (bytes.size() > 1 && bytes[1] != 3) return Found::nonsense;
    if (bytes.size() < kRecordHeader) return Found::nothing_yet;
    const auto length = number_at(bytes, 3, 2);
    if (length == 0 || length > kMaxClientHello) return Found::nonsense;
    message += bytes.substr(kRecordHeader, length);
    if (message.empty()) return Found::nothing_yet;
    if (static_cast<unsigned char>(message[0]) != kClientHelloMessage) return Found::nonsense;
    if (message.size() >= kMessageHeader) {
      const auto wanted = kMessageHeader + number_at(message, 1, 3);
      if (wanted > kMaxClientHello) return Found::nonsense;
      if (message.size() >= wanted) {
        message.resize(wanted);
        return Found::whole;
      }
    }
    if (bytes.size() < kRecordHeader + length) return Found::nothing_yet;
    bytes.remove_prefix(kRecordHeader + length);
  }
  return Found::nothing_yet;
}

std::string server_name_in(std::string_view extension) {
  Reader list{Reader{extension}.field(2)};
  while (!list.at_end()) {
    const auto type = list.number(1);
    const auto name = list.field(2);
    if (list.is_broken()) return {};
    if (type == 0) return is_dns_name(canonical_host(name)) ? canonical_host(name) : std::string{};
  }
  return {};
}

bool names_protocol(std::string_view extension, std::string_view protocol) {
  Reader list{Reader{extension}.field(2)};
  while (!list.at_end()) {
    if (list.field(1) == protocol) return true;
  }
  return false;
}

/// Values that clients mix in at random (RFC 8701).
constexpr bool is_grease(std::size_t value) noexcept {
  return (value & 0x0F0FU) == 0x0A0AU && value >> 8U == (value & 255U);
}

/// What one program sends at some times only: padding, an earlier session, early data, a cookie.
constexpr bool is_of_the_moment(std::size_t extension) noexcept {
  return extension == 21 || extension == 35 || extension == 41 || extension == 42 || extension == 44;
}

/// What a program says of itself. Browsers shuffle their extensions, so only which ones there are counts.
class Fingerprint {
 public:
  void add_ciphers(std::string_view suites) {
    Reader each{suites};
    while (!each.at_end()) {
      const auto suite = each.number(2);
      if (!is_grease(suite)) append(suite);
    }
  }
  void add_extension(std::size_t type) {
    if (!is_grease(type) && !is_of_the_moment(type)) extensions_.push_back(type);
  }
  std::uint64_t value() {
    std::sort(extensions_.begin(), extensions_.end());
    text_ += '|';
    for (const auto type : extensions_) append(type);
    return hash128(text_).low;
  }

 private:
  void append(std::size_t number) { text_.append(std::to_string(number)).append(","); }
  std::string text_;
  std::vector<std::size_t> extensions_;
};

std::optional<ClientHello> read_message(std::string_view message) {
  ClientHello out;
  out.kind = ClientHello::Kind::hello;
  Fingerprint fingerprint;
  Reader body{message.substr(kMessageHeader)};
  body.bytes(2 + 32);  // version, random
  body.field(1);       // session
  fingerprint.add_ciphers(body.field(2));
  body.field(1);  // compression
  if (body.is_broken()) return std::nullopt;
  if (body.at_end()) {  // no extensions at all
    out.fingerprint = fingerprint.value();
    return out;
  }
  Reader extensions{body.field(2)};
  while (!extensions.at_end()) {
    const auto type = extensions.number(2);
    const auto content = extensions.field(2);
    if (extensions.is_broken()) return std::nullopt;
    fingerprint.add_extension(type);
    if (type == kServerNameExtension) out.server_name = server_name_in(content);
    if (type != kAlpnExtension) continue;
    out.offers_http_1_1 = names_protocol(content, "http/1.1");
    out.offers_http2 = names_protocol(content, "h2");
  }
  if (body.is_broken()) return std::nullopt;
  out.fingerprint = fingerprint.value();
  return out;
}

}  // namespace

ClientHello read_client_hello(std::string_view bytes) {
  std::string message;
  ClientHello out;
  switch (join_records(bytes, message)) {
    case Found::nothing_yet: return out;
    case Found::nonsense: out.kind = ClientHello::Kind::not_tls; return out;
    case Found::whole: break;
  }
  if (auto read = read_message(message)) return std::move(*read);
  out.kind = ClientHello::Kind::not_tls;
  return out;
}

}  // namespace cachearr::authority
