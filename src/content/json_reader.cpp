#include "content/json_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "content/place_probe.hpp"

namespace cachearr::content {
namespace {

constexpr std::size_t kMaxDepth = 1000;

std::string pointer_token(std::string_view written) {
  std::string out;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == '~' && i + 1 < written.size()) {
      out.push_back(written[++i] == '0' ? '~' : '/');
    } else {
      out.push_back(written[i]);
    }
  }
  return out;
}

/// What stands between two quotation marks, without its escapes.
std::string unescaped(std::string_view inside) {
  if (inside.find('\\') == std::string_view::npos) return std::string{inside};
  const auto parsed = nlohmann::json::parse('"' + std::string{inside} + '"', nullptr, false);
  return parsed.is_string() ? parsed.get<std::string>() : std::string{inside};
}

struct Probe {
  explicit Probe(std::string_view pointer) : is_whole{pointer.empty()}, place{is_whole ? pointer : pointer.substr(1)} {}
  bool is_whole;  // the outermost value
  PlaceProbe place;
  bool found = false;
};

bool is_named(std::string_view written_name, std::string_view token) {
  const bool plain = written_name.find('\\') == std::string_view::npos && token.find('~') == std::string_view::npos;
  return plain ? written_name == token : unescaped(written_name) == pointer_token(token);
}

bool is_numbered(std::size_t index, std::string_view token) noexcept {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), index).ptr;
  return token == std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())};
}

class JsonPass final : public Pass<JsonRead> {
 public:
  JsonPass(std::string_view text, std::span<const std::string_view> pointers, const OnValue& found)
      : text_{text}, found_{found}, probes_{pointers.begin(), pointers.end()} {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    if (skip_blanks()) read_.opens_with = text_[at_];
    read_.shape = Shape::whole;
  }

  bool advance(std::size_t bytes) override {
    const auto stop = at_ + std::min(bytes, text_.size() - at_);
    while (read_.shape == Shape::whole && next_ != Next::nothing && skip_blanks()) {
      if (at_ >= stop) return true;
      step();
    }
    return false;
  }

  JsonRead end() override {
    if (read_.shape == Shape::whole && next_ != Next::nothing) read_.shape = Shape::cut_off;
    if (read_.shape == Shape::whole && skip_blanks()) read_.shape = Shape::broken;
    read_.entities = notes_.found();
    return std::move(read_);
  }

 private:
  enum class Next : std::uint8_t { value, value_or_end, key_or_end, colon, comma_or_end, nothing };
  struct Level {
    char opened;
    std::size_t index = 0;
    std::string_view name;  // as written
  };

  bool skip_blanks() noexcept {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    return at_ < text_.size();
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
        if (c != ',') return close(c);
        ++levels_.back().index;
        return advance(1, levels_.back().opened == '{' ? Next::key_or_end : Next::value_or_end);
      case Next::nothing: return;
    }
  }

  void value(char c) {
    if (c == '{') return open(c, Next::key_or_end);
    if (c == '[') return open(c, Next::value_or_end);
    if (c == '"') return string_value();
    if (c == '-' || (c >= '0' && c <= '9')) return number();
    for (const std::string_view word : {"true", "false", "null"}) {
      if (c == word[0]) return literal(word);
    }
    fail();
  }

  void open(char c, Next next) {
    if (levels_.size() >= kMaxDepth) return fail();
    tell(Value::Type::container, {});
    for (auto& probe : probes_) {
      if (probe.place.agreed() + 1 == levels_.size() && agrees(probe)) probe.place.agree();
    }
    levels_.push_back({c, 0, {}});
    advance(1, next);
  }

  void close(char c) {
    if (levels_.empty() || c != (levels_.back().opened == '{' ? '}' : ']')) return fail();
    levels_.pop_back();
    if (!levels_.empty())
      for (auto& probe : probes_) probe.place.agree_at_most(levels_.size() - 1);
    advance(1, after_value());
  }

  void key() {
    const auto inside = string_at();
    if (!inside) return;
    levels_.back().name = *inside;
    if (levels_.size() == 1) ++read_.member_count;
    advance(inside->size() + 2, Next::colon);
  }

  void string_value() {
    const auto inside = string_at();
    if (!inside) return;
    tell(Value::Type::string, *inside);
    advance(inside->size() + 2, after_value());
  }

  /// What stands between the quotation mark here and the one that ends the string.
  std::optional<std::string_view> string_at() {
    const auto start = at_ + 1;
    for (auto end = text_.find('"', start); end != std::string_view::npos; end = text_.find('"', end + 1)) {
      if (!is_escaped(start, end)) return text_.substr(start, end - start);
    }
    read_.shape = Shape::cut_off;
    return std::nullopt;
  }

  /// An odd number of backslashes stands before it, not counting what is before `start`.
  bool is_escaped(std::size_t start, std::size_t at) const noexcept {
    auto first = at;
    while (first > start && text_[first - 1] == '\\') --first;
    return (at - first) % 2 == 1;
  }

  void number() {
    const auto end = text_.find_first_not_of("0123456789+-.eE", at_);
    const auto written = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    if (written.back() < '0' || written.back() > '9') return end == std::string_view::npos ? cut() : fail();
    tell(Value::Type::number, written);
    advance(written.size(), after_value());
  }

  void literal(std::string_view word) {
    const auto there = text_.substr(at_, word.size());
    if (there != word) return word.starts_with(there) ? cut() : fail();
    tell(word == "null" ? Value::Type::null : Value::Type::boolean, word);
    advance(word.size(), after_value());
  }

  /// A value stands here; `written` is its text, of a string without the quotation marks.
  void tell(Value::Type type, std::string_view written) {
    const auto text_of = [&] { return type == Value::Type::string ? unescaped(written) : std::string{written}; };
    if (levels_.size() == 1 && levels_[0].opened == '{' && read_.members.size() < kMostMembers) {
      const bool is_long = written.size() > kLongestMember;
      auto text = is_long ? std::string{written.substr(0, kLongestMember)} : text_of();
      read_.members.emplace_back(unescaped(levels_[0].name), Value{type, std::move(text)});
    }
    if (type == Value::Type::string || type == Value::Type::number) note_entity(written);
    for (std::size_t i = 0; i < probes_.size(); ++i) {
      auto& probe = probes_[i];
      if (probe.found || !is_here(probe)) continue;
      probe.found = true;
      found_(i, Value{type, text_of()});
    }
  }

  void note_entity(std::string_view written) {
    if (levels_.empty() || levels_.size() > EntityNotes::kDeepest || written.size() > EntityNotes::kLongest) return;
    std::array<std::string_view, EntityNotes::kDeepest> path;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      if (levels_[i].opened != '{') return;
      path[i] = levels_[i].name;
    }
    notes_.note({path.data(), levels_.size()}, written);
  }

  /// The current value is the one that the probe asks for.
  bool is_here(const Probe& probe) const {
    if (probe.is_whole || levels_.empty()) return probe.is_whole && levels_.empty();
    return probe.place.agreed() + 1 == levels_.size() && probe.place.is_last_next() && agrees(probe);
  }

  /// The current member's name is the probe's next token. REQUIRES: everything around agrees.
  bool agrees(const Probe& probe) const {
    if (probe.is_whole || probe.place.all_agreed()) return false;
    const auto& level = levels_.back();
    const auto token = probe.place.next();
    return level.opened == '[' ? is_numbered(level.index, token) : is_named(level.name, token);
  }

  Next after_value() const noexcept { return levels_.empty() ? Next::nothing : Next::comma_or_end; }
  void advance(std::size_t by, Next next) noexcept { at_ += by, next_ = next; }
  void fail() noexcept { read_.shape = Shape::broken; }
  void cut() noexcept { read_.shape = Shape::cut_off; }

  std::string_view text_;
  const OnValue& found_;
  std::vector<Probe> probes_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
  Next next_ = Next::value;
  EntityNotes notes_;
  JsonRead read_;
};

}  // namespace

const Value* JsonRead::member(std::string_view name) const noexcept {
  const auto found = std::find_if(members.begin(), members.end(), [&](const auto& each) { return each.first == name; });
  return found == members.end() ? nullptr : &found->second;
}

JsonRead read_json(std::string_view text, std::span<const std::string_view> pointers, const OnValue& found) {
  JsonPass reader{text, pointers, found};
  reader.advance(text.size());
  return reader.end();
}

std::unique_ptr<Pass<JsonRead>> json_pass(std::string_view text, std::span<const std::string_view> pointers,
                                          const OnValue& found) {
  return std::make_unique<JsonPass>(text, pointers, found);
}

}  // namespace cachearr::content
