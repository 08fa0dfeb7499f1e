// A stream of events: total on any bytes, and the same events wherever the bytes are cut.
#include <vector>

#include "app/cli/event_reader.hpp"
#include "fuzz/input.hpp"

using namespace cachearr;

namespace {
using Events = std::vector<std::pair<std::string, std::string>>;

Events events_of(std::string_view stream, std::size_t piece) {
  app::EventReader reader;
  Events events;
  for (std::size_t at = 0; at < stream.size(); at += piece)
    reader.read(stream.substr(at, piece), [&](const app::StreamEvent& event) {
      events.emplace_back(event.name, event.data);
      events.emplace_back("id", reader.last_id());
    });
  return events;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stream = fuzz::text_of(data, size);
  const auto whole = events_of(stream, stream.size() + 1);
  fuzz::require(whole == events_of(stream, 1));
  fuzz::require(whole == events_of(stream, 7));
  return 0;
}
