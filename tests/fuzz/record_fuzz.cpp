// Any bytes as a record of the shared tier: nobody without the secret makes one that is believed.
#include "fuzz/input.hpp"
#include "shared/news_log.hpp"
#include "shared/record.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  shared::Sealer sealer{std::string(32, 's'), std::string(16, 'r')};
  constexpr std::string_view identity = "identity";
  shared::RecordReader reader{sealer, "cachearr:r1:{0}", text};
  store::EntryPtr entry;
  auto fault = reader.read_card(hash128(identity), {}, TimePoint{std::chrono::seconds{1'700'000'000}});
  if (fault == shared::RecordFault::none) fault = reader.read_entry(identity, 1, entry);
  fuzz::require(fault != shared::RecordFault::none && !entry);
  if (const auto what = shared::decode_news(text))
    fuzz::require(shared::decode_news(shared::encode_news(*what)) == what);
  shared::decode_outbox(text);
  return 0;
}
