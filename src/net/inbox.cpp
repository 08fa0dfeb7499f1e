#include "net/inbox.hpp"

#include <algorithm>
#include <cstring>

namespace cachearr::net {

void Inbox::consume(std::size_t bytes) noexcept {
  begin_ += bytes;
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  heap_.reset();  // an idle connection keeps only the small buffer
}

void Inbox::grow_to(std::size_t size) {
  auto larger = std::make_unique_for_overwrite<char[]>(size);
  const auto unread = end_ - begin_;
  std::memcpy(larger.get(), data() + begin_, unread);
  heap_ = std::move(larger);
  heap_size_ = size;
  begin_ = 0;
  end_ = unread;
}

std::span<char> Inbox::space(std::size_t limit) {
  if (end_ == capacity() && begin_ > 0) {
    std::memmove(data(), data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity()) grow_to(std::min(limit + 1, std::max<std::size_t>(capacity() * 4, 8192)));
  return {data() + end_, capacity() - end_};
}

Task<IoResult> Inbox::fill(Stream& stream, std::size_t limit) {
  const auto free = space(limit);
  const auto got = co_await stream.read_some(free);
  end_ += got.bytes;
  co_return got;
}

void Inbox::prepend(std::string_view bytes) {
  if (bytes.size() > begin_) {
    const auto unread = end_ - begin_;
    auto larger = std::make_unique_for_overwrite<char[]>(bytes.size() + unread + kInline);
    std::memcpy(larger.get() + bytes.size(), data() + begin_, unread);
    heap_ = std::move(larger);
    heap_size_ = bytes.size() + unread + kInline;
    begin_ = bytes.size();
    end_ = begin_ + unread;
  }
  begin_ -= bytes.size();
  std::memcpy(data() + begin_, bytes.data(), bytes.size());
}

}  // namespace cachearr::net
