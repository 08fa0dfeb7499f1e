// Any bytes as what upkeep keeps in the store: none, or values that are written and read again as they are.
#include "fuzz/input.hpp"
#include "upkeep/jobs/warm_job.hpp"
#include "upkeep/notify/channel_queue.hpp"
#include "upkeep/optimizer_decision.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto rules = upkeep::decode_halved(text)) {
    const auto bytes = upkeep::encode_halved(*rules);
    const auto again = upkeep::decode_halved(bytes);
    fuzz::require(again && upkeep::encode_halved(*again) == bytes);
  }
  limit::StateReader from{text};
  if (upkeep::ChannelQueue queue; queue.read(from)) {
    limit::StateWriter first, second;
    queue.write(first);
    const auto bytes = first.take();
    limit::StateReader once_more{bytes};
    upkeep::ChannelQueue again;
    fuzz::require(again.read(once_more));
    again.write(second);
    fuzz::require(second.take() == bytes);
  }
  if (const auto job = upkeep::decode_job(text))
    fuzz::require(upkeep::decode_job(upkeep::encode_job(*job)).has_value());
  return 0;
}
