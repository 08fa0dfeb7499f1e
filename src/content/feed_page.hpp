// Pages of a feed: a request asks for so many items from a place on, and a page that is here may hold another page.
// Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cachearr::content {

/// What a request asks for.
struct PageRange {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> limit;  // none: as many as the origin likes
  friend bool operator==(const PageRange&, const PageRange&) = default;
};

/// Which items of a page that is here are the answer to another request.
struct PageCut {
  std::size_t first = 0, count = 0;
  friend bool operator==(const PageCut&, const PageCut&) = default;
};

/// `items`: how many came when `stored` was asked for. None: nobody can tell from this page what the origin would say.
std::optional<PageCut> cut_of(const PageRange& stored, std::size_t items, const PageRange& asked) noexcept;

/// The RSS feed `body`, which came when `stored` was asked for, as the answer to `asked`: the same but for the items
/// left out and the offset that it tells. None: it is not in there, or this is no such feed.
std::optional<std::string> cut_feed(std::string_view body, const PageRange& stored, const PageRange& asked);

}  // namespace cachearr::content
