// Any bytes as a coded body: however it is cut into pieces and steps it decodes to the same, within the bounds. The
// first byte chooses the codings, the second the size of a piece, the third that of a step.
#include <algorithm>
#include <array>

#include "content/decoder.hpp"
#include "content/encoder.hpp"
#include "fuzz/input.hpp"

using namespace cachearr;

namespace {

constexpr content::DecodeBounds kBounds{1 << 20, 64};
constexpr std::array<std::string_view, 8> kCodings{"gzip", "deflate", "br",         "zstd",
                                                   "",     "x-gzip",  "gzip, zstd", "gzip, br, deflate"};

struct Decoded {
  std::string text;
  content::DecodeState state;
};

Decoded decoded(std::string_view codings, std::string_view body, std::size_t piece, std::size_t step) {
  content::Decoder decoder{codings, kBounds};
  Decoded result{{}, content::DecodeState::more};
  for (bool goes_on = true; goes_on && !body.empty();) {
    auto next = body.substr(0, piece);
    body.remove_prefix(next.size());
    do {
      const auto before = result.text.size();
      result.state = decoder.feed(next, result.text, step);
      fuzz::require(result.text.size() - before <= step);
    } while (result.state == content::DecodeState::pending);
    goes_on = result.state == content::DecodeState::more;
  }
  if (result.state == content::DecodeState::more) result.state = decoder.finish();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const auto codings = kCodings[data[0] % kCodings.size()];
  const auto body = fuzz::text_of(data + 3, size - 3);
  const auto at_once = decoded(codings, body, body.size(), content::kDecodeStep);
  const auto in_pieces = decoded(codings, body, data[1] + std::size_t{1}, data[2] + std::size_t{1});
  fuzz::require(at_once.text.size() <= kBounds.most + content::kDecodeStep);
  if (at_once.state == content::DecodeState::whole) {
    fuzz::require(in_pieces.state == at_once.state && in_pieces.text == at_once.text);
    const auto same = content::decode(codings, body, kBounds);
    fuzz::require(same && *same == at_once.text);
  }
  std::string plain(64, '\0');
  content::zstd_decode_into(body, plain);
  return 0;
}
