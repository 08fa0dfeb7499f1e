// What the event hub of an *arr application says: SignalR's hub protocol in JSON, as a client reads it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rules/message.hpp"

namespace cachearr::upkeep {

/// What the client says first, and to keep the connection alive; each ends with the separator of records.
inline constexpr std::string_view kHubHandshake = "{\"protocol\":\"json\",\"version\":1}\x1e";
inline constexpr std::string_view kHubPing = "{\"type\":6}\x1e";

/// The answer to "negotiate".
struct Negotiation {
  std::string url, access_token;  // where to ask instead, and by which key; then nothing else is said
  std::string token;              // names the connection
  bool websockets = false, long_polling = false;
};
/// The error is a sentence.
Result<Negotiation> read_negotiation(std::string_view body);

struct HubEvent {
  enum class Kind {
    accepted,  // the handshake
    message,
    other,   // that the hub lives
    closed,  // by the hub, which says why
    failed   // it is not understood: nothing more can be read
  } kind = Kind::other;
  rules::Message message;
  std::string problem;  // with closed and failed
};

/// Records in, events out, wherever the bytes are cut. Bounded by kLongest bytes a record.
class HubReader {
 public:
  static constexpr std::size_t kLongest = std::size_t{8} * 1024 * 1024;
  /// Nothing after a `failed` or `closed`.
  std::vector<HubEvent> take(std::string_view bytes);

 private:
  HubEvent read_record(std::string_view record);

  std::string unread_;
  bool accepted_ = false, ended_ = false;
};

}  // namespace cachearr::upkeep
