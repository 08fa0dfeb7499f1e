// Any bytes as a server's replies: the same however they are cut, within bounds, and never more than was sent.
#include <algorithm>
#include <vector>

#include "fuzz/input.hpp"
#include "shared/resp.hpp"

using namespace cachearr;
using shared::Reply;
using shared::ReplyReader;

namespace {

constexpr std::size_t kLongest = 64;

struct All {
  std::vector<Reply> replies;
  bool broken = false;
};

std::size_t nodes_of(const Reply& reply) {
  std::size_t nodes = 1;
  for (const auto& item : reply.items) nodes += nodes_of(item);
  return nodes;
}

All read_in_steps(std::string_view bytes, std::size_t step) {
  All all;
  ReplyReader reader{kLongest};
  while (!bytes.empty() && !all.broken) {
    auto part = bytes.substr(0, step);
    bytes.remove_prefix(part.size());
    while (!part.empty() && !all.broken) {
      const auto status = reader.feed(part);
      all.broken = status == ReplyReader::Status::broken;
      if (status == ReplyReader::Status::ready) all.replies.push_back(reader.take());
    }
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto whole = read_in_steps(text, std::max<std::size_t>(size, 1));
  const auto cut = read_in_steps(text, 1);
  fuzz::require(whole.broken == cut.broken && whole.replies.size() == cut.replies.size());
  for (std::size_t i = 0; i < whole.replies.size(); ++i) {
    fuzz::require(nodes_of(whole.replies[i]) <= ReplyReader::kMostNodes);
    fuzz::require(whole.replies[i].text == cut.replies[i].text && whole.replies[i].kind == cut.replies[i].kind);
  }
  return 0;
}
