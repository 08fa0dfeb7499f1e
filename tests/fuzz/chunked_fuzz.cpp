// A chunked body means the same however it is cut into packets. The first byte says how.
#include <algorithm>

#include "fuzz/input.hpp"
#include "http/chunked.hpp"

using namespace cachearr;

namespace {

using Kind = http::ChunkDecoder::Step::Kind;

struct Outcome {
  Kind kind = Kind::need_more;
  std::string body;
  std::string trailers;
  std::size_t consumed = 0;
};

Outcome decode(std::string_view text, std::size_t piece) {
  http::ChunkDecoder decoder;
  Outcome outcome;
  std::size_t fed = 0;
  while (outcome.kind != Kind::done && outcome.kind != Kind::error) {
    const auto end = std::min(text.size(), fed + piece);
    const auto step = decoder.next(text.substr(outcome.consumed, end - outcome.consumed));
    fuzz::require(step.consumed <= end - outcome.consumed);
    outcome.kind = step.kind;
    outcome.body += step.data;
    outcome.trailers += step.trailer;
    outcome.consumed += step.consumed;
    if (step.kind != Kind::need_more) continue;
    fuzz::require(outcome.consumed == end);
    if (end == text.size()) break;
    fed = end;
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto text = fuzz::text_of(data + 1, size - 1);
  const auto whole = decode(text, std::max<std::size_t>(1, text.size()));
  const auto cut = decode(text, std::size_t{1} + data[0] % 16U);
  fuzz::require(whole.kind == cut.kind);
  if (whole.kind == Kind::error) return 0;
  fuzz::require(whole.body == cut.body && whole.trailers == cut.trailers && whole.consumed == cut.consumed);
  return 0;
}
