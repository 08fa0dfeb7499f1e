#include "content/feed_page.hpp"

#include <utility>
#include <vector>

namespace cachearr::content {
namespace {

struct Span {
  std::size_t begin = 0, end = 0;
};

struct FeedParts {
  std::vector<Span> items;
  std::optional<Span> offset;  // of the attribute's value that tells it
};

/// Finds the items of a feed, and nothing else: what reads it as a whole has found it whole.
class FeedScanner {
 public:
  explicit FeedScanner(std::string_view body) noexcept : body_{body} {}

  std::optional<FeedParts> scan() {
    while (ok_ && (at_ = body_.find('<', at_)) != std::string_view::npos) step();
    if (!ok_ || depth_ != 0 || !has_channel_) return std::nullopt;
    return std::move(parts_);
  }

 private:
  static constexpr std::size_t kItemDepth = 3;  // rss, channel, item

  void step() {
    const auto rest = body_.substr(at_);
    if (rest.starts_with("<!--")) return skip("-->");
    if (rest.starts_with("<![CDATA[")) return skip("]]>");
    if (rest.starts_with("<?")) return skip("?>");
    if (rest.starts_with("<!")) return skip(">");
    if (rest.starts_with("</")) return end_tag();
    start_tag();
  }

  void skip(std::string_view end) {
    const auto found = body_.find(end, at_ + 2);
    ok_ = found != std::string_view::npos;
    at_ = ok_ ? found + end.size() : at_;
  }

  void end_tag() {
    if (depth_ == kItemDepth && in_item_) parts_.items.back().end = body_.find('>', at_) + 1;
    if (depth_ == kItemDepth) in_item_ = false;
    if (depth_ + 1 == kItemDepth) in_channel_ = false;
    ok_ = depth_ > 0;
    --depth_;
    skip(">");
  }

  /// Behind the '>' that ends the tag at `at_`, which may stand in a value as well.
  std::size_t end_of_tag() const noexcept {
    char quote = 0;
    for (auto i = at_; i < body_.size(); ++i) {
      const char c = body_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return i + 1;
      }
    }
    return 0;
  }

  void start_tag() {
    const auto begin = at_, end = end_of_tag();
    if (end == 0) {
      ok_ = false;
      return;
    }
    const auto tag = body_.substr(begin, end - begin);
    const auto name = tag.substr(1, tag.find_first_of(" \t\r\n/>") - 1);
    const bool closed = tag.ends_with("/>");
    ++depth_;
    if (depth_ == 1) is_rss_ = name == "rss";
    if (depth_ == 2 && is_rss_ && name == "channel") in_channel_ = has_channel_ = true;
    if (depth_ == kItemDepth && in_channel_) open_in_channel(name, {begin, end}, closed);
    if (closed) --depth_;
    at_ = end;
  }

  void open_in_channel(std::string_view name, Span tag, bool closed) {
    if (name == "item") {
      parts_.items.push_back(tag);
      in_item_ = !closed;
    } else if (name.ends_with(":response") && !parts_.offset) {
      find_offset(tag);
    }
  }

  void find_offset(Span tag) {
    const auto text = body_.substr(tag.begin, tag.end - tag.begin);
    for (const std::string_view start : {" offset=\"", " offset='"}) {
      const auto found = text.find(start);
      if (found == std::string_view::npos) continue;
      const auto begin = found + start.size(), end = text.find(start.back(), begin);
      parts_.offset = Span{tag.begin + begin, tag.begin + end};
    }
  }

  std::string_view body_;
  std::size_t at_ = 0, depth_ = 0;
  bool ok_ = true, is_rss_ = false, in_channel_ = false, has_channel_ = false, in_item_ = false;
  FeedParts parts_;
};

/// Copies a text but for spans of it, in order.
class Copier {
 public:
  explicit Copier(std::string_view text) : text_{text} { out_.reserve(text.size()); }
  void replace(Span span, std::string_view with) {
    out_.append(text_.substr(at_, span.begin - at_)).append(with);
    at_ = span.end;
  }
  std::string end() && { return std::move(out_.append(text_.substr(at_))); }

 private:
  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<PageCut> cut_of(const PageRange& stored, std::size_t items, const PageRange& asked) noexcept {
  if (!asked.limit || *asked.limit == 0 || asked.offset < stored.offset) return std::nullopt;
  // An origin that sends more than it is asked for goes by no limit.
  if (stored.limit && items > *stored.limit) return std::nullopt;
  const auto first = asked.offset - stored.offset;
  if (first < items && *asked.limit <= items - first)
    return PageCut{static_cast<std::size_t>(first), static_cast<std::size_t>(*asked.limit)};
  // Fewer than asked for: the feed ends here, or the origin never sends more. From the same place on both come to this.
  if (first == 0 && stored.limit && *asked.limit <= *stored.limit && *asked.limit >= items) return PageCut{0, items};
  return std::nullopt;
}

std::optional<std::string> cut_feed(std::string_view body, const PageRange& stored, const PageRange& asked) {
  const auto parts = FeedScanner{body}.scan();
  const auto cut = parts ? cut_of(stored, parts->items.size(), asked) : std::nullopt;
  if (!cut) return std::nullopt;
  Copier copier{body};
  const auto offset = std::to_string(asked.offset);
  bool told = !parts->offset || stored.offset == asked.offset;
  for (std::size_t i = 0; i < parts->items.size(); ++i) {
    const auto& item = parts->items[i];
    if (!told && parts->offset->begin < item.begin) {
      copier.replace(*parts->offset, offset);
      told = true;
    }
    if (i < cut->first || i >= cut->first + cut->count) copier.replace(item, {});
  }
  if (!told) copier.replace(*parts->offset, offset);
  return std::move(copier).end();
}

}  // namespace cachearr::content
