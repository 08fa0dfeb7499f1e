// A tunnel asked for over a connection in memory: what the parent says is laid down before.
#pragma once

#include <string>
#include <string_view>

#include "origin/parent.hpp"
#include "unit/net/memory_stream.hpp"
#include "unit/net/pump.hpp"

namespace cachearr::origin::test {

struct Opened {
  bool ok = false;
  std::string problem;
  std::string asked;  // all that was sent to the parent
  std::string left;   // in the inbox, behind the parent's answer
};

struct Wanted {
  std::string_view parent;
  std::string host = "api.example.org";
  std::uint16_t port = 443;
};

inline Opened finish(net::test::Pump& pump, net::test::MemoryStream& stream, const Wanted& wanted) {
  net::Inbox inbox;
  const auto result = pump.run(open_tunnel(stream, inbox, *parse_parent(wanted.parent), wanted.host, wanted.port));
  Opened opened;
  opened.ok = result.ok();
  if (!result) opened.problem = result.error().what;
  opened.asked = stream.written();
  opened.left = std::string{inbox.readable()};
  return opened;
}

/// The parent sends `answers` in one piece, or byte by byte, and then ends the connection.
inline Opened open(const Wanted& wanted, std::string_view answers, bool byte_by_byte = false) {
  net::test::Pump pump;
  net::test::MemoryStream stream{pump.worker};
  if (byte_by_byte) {
    stream.sends_byte_by_byte(answers);
    stream.takes_at_most(1);
  } else {
    stream.sends(answers);
  }
  return finish(pump, stream, wanted);
}

}  // namespace cachearr::origin::test
