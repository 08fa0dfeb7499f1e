#include "content/json_scan.hpp"

#include <string>

namespace cachearr::content {
namespace {

constexpr std::size_t kMaxDepth = 1000;

class Scanner {
 public:
  Scanner(std::string_view text, std::vector<std::string_view>* members) : text_{text}, members_{members} {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
  }

  JsonShape run() {
    while (verdict_ == JsonShape::whole && next_ != Next::nothing && skip_blanks()) step();
    if (verdict_ != JsonShape::whole) return verdict_;
    if (next_ != Next::nothing) return JsonShape::cut_off;
    return skip_blanks() ? JsonShape::broken : JsonShape::whole;
  }

 private:
  enum class Next : std::uint8_t { value, value_or_end, key_or_end, colon, comma_or_end, nothing };

  bool skip_blanks() noexcept {
    at_ = text_.find_first_not_of(" \t\r\n", at_);
    return at_ != std::string_view::npos;
  }

  void step() {
    const char c = text_[at_];
    switch (next_) {
      case Next::value_or_end: return c == ']' ? close(c) : value(c);
      case Next::value: return value(c);
      case Next::key_or_end:
        if (c == '}') return close(c);
        return c == '"' ? key() : fail();
      case Next::colon: return c == ':' ? advance(1, Next::value) : fail();
      case Next::comma_or_end:
        return c == ',' ? advance(1, open_.back() == '{' ? Next::key_or_end : Next::value_or_end) : close(c);
      case Next::nothing: return;
    }
  }

  void value(char c) {
    if (c == '{') return open(c, Next::key_or_end);
    if (c == '[') return open(c, Next::value_or_end);
    if (c == '"') return string(after_value());
    if (c == '-' || (c >= '0' && c <= '9')) return number();
    for (const std::string_view word : {"true", "false", "null"}) {
      if (c == word[0]) return literal(word);
    }
    fail();
  }

  void open(char c, Next next) {
    if (open_.size() >= kMaxDepth) return fail();
    open_.push_back(c);
    advance(1, next);
  }

  void close(char c) {
    if (open_.empty() || c != (open_.back() == '{' ? '}' : ']')) return fail();
    open_.pop_back();
    advance(1, after_value());
  }

  void key() {
    const auto start = at_ + 1;
    string(Next::colon);
    if (members_ && open_.size() == 1 && verdict_ == JsonShape::whole)
      members_->push_back(text_.substr(start, at_ - 1 - start));
  }

  void string(Next next) {
    const auto start = at_ + 1;
    for (auto end = text_.find('"', start); end != std::string_view::npos; end = text_.find('"', end + 1)) {
      if (!is_escaped(start, end)) return advance(end + 1 - at_, next);
    }
    verdict_ = JsonShape::cut_off;
  }

  /// An odd number of backslashes stands before it, not counting what is before `start`.
  bool is_escaped(std::size_t start, std::size_t at) const noexcept {
    auto first = at;
    while (first > start && text_[first - 1] == '\\') --first;
    return (at - first) % 2 == 1;
  }

  void number() {
    const auto end = text_.find_first_not_of("0123456789+-.eE", at_);
    const auto length = (end == std::string_view::npos ? text_.size() : end) - at_;
    const char last = text_[at_ + length - 1];
    if (last < '0' || last > '9') return end == std::string_view::npos ? cut() : fail();
    advance(length, after_value());
  }

  void literal(std::string_view word) {
    const auto there = text_.substr(at_, word.size());
    if (there == word) return advance(word.size(), after_value());
    return word.substr(0, there.size()) == there ? cut() : fail();
  }

  Next after_value() const noexcept { return open_.empty() ? Next::nothing : Next::comma_or_end; }
  void advance(std::size_t by, Next next) noexcept { at_ += by, next_ = next; }
  void fail() noexcept { verdict_ = JsonShape::broken; }
  void cut() noexcept { verdict_ = JsonShape::cut_off; }

  std::string_view text_;
  std::vector<std::string_view>* members_;
  std::size_t at_ = 0;
  std::string open_;
  Next next_ = Next::value;
  JsonShape verdict_ = JsonShape::whole;
};

}  // namespace

JsonShape scan_json(std::string_view text, std::vector<std::string_view>* members) {
  return Scanner{text, members}.run();
}

}  // namespace cachearr::content
