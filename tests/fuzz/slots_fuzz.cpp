// Any bytes as a key, a command, a redirect and a map of slots: within bounds, and every slot that is served has a
// master.
#include "fuzz/input.hpp"
#include "shared/slots.hpp"

using namespace cachearr;
using shared::Reply;
using shared::ReplyReader;

namespace {

void check_map(const Reply& reply) {
  const auto map = shared::SlotMap::read(reply, "asked");
  if (!map) return;
  std::size_t served = 0;
  for (std::size_t slot = 0; slot < shared::kSlots; ++slot) {
    const auto* const master = map->master_of(static_cast<shared::Slot>(slot));
    served += master ? 1U : 0U;
    fuzz::require(!master || (master->port != 0 && !map->masters().empty()));
  }
  fuzz::require(map->is_complete() == (served == shared::kSlots));
  fuzz::require(map->nodes().size() >= map->masters().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  fuzz::require(shared::slot_of(text) < shared::kSlots);
  const std::string tagged = "{" + std::string{text.substr(0, text.find('}'))} + "}rest";
  if (tagged.size() > 6) fuzz::require(shared::slot_of(tagged) == shared::slot_of(tagged.substr(0, tagged.size() - 4)));
  fuzz::require(shared::key_of(shared::command({"EVALSHA", "hash", "1", text, "word"})) == text);
  if (const auto key = shared::key_of(text)) fuzz::require(key->size() <= text.size());
  Reply error;
  error.kind = Reply::Kind::error;
  error.text = text;
  if (const auto redirect = shared::read_redirect(error))
    fuzz::require(redirect->slot < shared::kSlots && redirect->host.port != 0);
  ReplyReader reader{64};
  std::string_view rest = text;
  if (reader.feed(rest) == ReplyReader::Status::ready) check_map(reader.take());
  return 0;
}
