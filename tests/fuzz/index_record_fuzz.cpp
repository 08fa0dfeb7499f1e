// Any bytes as what the store's file holds: a record, a ban, state. What decodes is what its values encode to.
#include "fuzz/input.hpp"
#include "store/disk_record.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text_of(data, size);
  const auto id = hash128("id");
  store::IndexRecord record;
  if (store::decode(bytes, id, record)) {
    fuzz::require(store::encode(record, id) == bytes);
    store::IndexRecord again;
    fuzz::require(store::decode_whole(bytes, again) && again.key == record.key && again.tags == record.tags);
  }
  if (store::decode_whole(bytes, record)) {
    const auto stamped = store::encode(record, id);
    store::IndexRecord again;
    fuzz::require(store::decode(stamped, id, again) && again.key == record.key && again.upstream == record.upstream);
  }
  const auto key = store::ban_key(7);
  if (const auto ban = store::decode_ban(key, bytes)) fuzz::require(store::encode_ban(*ban) == bytes);
  if (const auto state = store::checked_state(bytes)) fuzz::require(store::with_checksum(*state) == bytes);
  fuzz::require(store::checked_state(store::with_checksum(bytes)) == bytes);
  return 0;
}
