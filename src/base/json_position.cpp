#include "base/json_position.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"

namespace cachearr {

namespace {

constexpr std::uint64_t kEmptyPointer = 0xcbf29ce484222325ULL;  // FNV-1a's start
constexpr std::uint64_t mix(std::uint64_t hash, char c) noexcept {
  return (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
}
std::uint64_t mix(std::uint64_t hash, std::string_view text) noexcept {
  for (const char c : text) hash = mix(hash, c);
  return hash;
}
/// The hash of a pointer's text after one more token, without building that text.
std::uint64_t child(std::uint64_t parent, std::string_view token) noexcept {
  auto hash = mix(parent, '/');
  for (const char c : token) {
    if (c == '~' || c == '/') {
      hash = mix(mix(hash, '~'), c == '~' ? '0' : '1');
    } else {
      hash = mix(hash, c);
    }
  }
  return hash;
}

int hex_digit(char c) noexcept {
  if (text::is_digit(c)) return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  }
}

}  // namespace

/// Recursive descent over the text; the depth limit keeps a hostile file from exhausting the stack.
class JsonScanner {
 public:
  explicit JsonScanner(JsonPositions& into) : into_{into}, text_{into.text_} {}

  void run() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    if (text_.size() >= std::numeric_limits<std::uint32_t>::max()) {
      fail(0, "the file is too large");
      return;
    }
    if (!skip_blank()) return;
    if (at_ == text_.size()) {
      fail(at_, "the file holds no value; the least is {}");
      return;
    }
    if (!value(kEmptyPointer, at_, 0) || !skip_blank()) return;
    if (at_ < text_.size()) fail(at_, "nothing may follow the end of the document but comments; remove it");
  }

 private:
  struct Key {
    std::string name;
    std::size_t at;
  };

  bool fail(std::size_t at, std::string what) {
    into_.sound_ = false;
    into_.problems_.push_back({into_.at_offset(at), std::move(what)});
    return false;
  }
  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool skip_blank() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
      if (c != '/') return true;
      if (!skip_comment()) return false;
    }
    return true;
  }
  /// Leaves at_ on the comment's last byte.
  bool skip_comment() {
    const auto rest = text_.substr(at_);
    if (rest.starts_with("//")) {
      const auto end = text_.find_first_of("\r\n", at_);
      at_ = (end == std::string_view::npos ? text_.size() : end) - 1;
      return true;
    }
    if (!rest.starts_with("/*")) return fail(at_, "a comment begins with // or /*");
    const auto end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) return fail(at_, "this comment is never closed; add */");
    at_ = end + 1;
    return true;
  }

  bool value(std::uint64_t pointer, std::size_t key_at, int depth) {
    if (depth > kMaxDepth) return fail(at_, "nested too deeply");
    into_.entries_.push_back({pointer, static_cast<std::uint32_t>(key_at), static_cast<std::uint32_t>(at_)});
    switch (peek()) {
      case '{': return object(pointer, depth);
      case '[': return array(pointer, depth);
      case '"': return string(scratch_);
      default: return peek() == '-' || text::is_digit(peek()) ? number() : word();
    }
  }

  bool object(std::uint64_t pointer, int depth) {
    const auto opened_at = at_++;
    std::vector<Key> keys;
    if (!skip_blank()) return false;
    if (peek() == '}') return ++at_, true;
    for (;;) {
      if (!member(pointer, depth, keys, opened_at)) return false;
      const auto next = separator('}', opened_at);
      if (next == Next::wrong) return false;
      if (next == Next::end) break;
    }
    report_repeated(keys);
    return true;
  }
  bool member(std::uint64_t pointer, int depth, std::vector<Key>& keys, std::size_t opened_at) {
    if (at_ == text_.size()) return fail(opened_at, "this { is never closed; add }");
    if (peek() != '"') return fail(at_, "a key in double quotes is expected here");
    Key key{{}, at_};
    if (!string(key.name) || !skip_blank()) return false;
    if (peek() != ':') return fail(at_, "':' is expected after the key \"" + key.name + "\"");
    ++at_;
    if (!skip_blank()) return false;
    const auto inner = child(pointer, key.name);
    const auto key_at = key.at;
    keys.push_back(std::move(key));
    return value(inner, key_at, depth + 1);
  }
  void report_repeated(std::vector<Key>& keys) {
    std::stable_sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) { return a.name < b.name; });
    for (std::size_t i = 1; i < keys.size(); ++i) {
      if (keys[i].name != keys[i - 1].name) continue;
      into_.problems_.push_back(
          {into_.at_offset(keys[i].at), "the key \"" + keys[i].name + "\" is given twice (first on line " +
                                            std::to_string(into_.at_offset(keys[i - 1].at).line) + "); remove one"});
    }
  }

  bool array(std::uint64_t pointer, int depth) {
    const auto opened_at = at_++;
    if (!skip_blank()) return false;
    if (peek() == ']') return ++at_, true;
    for (std::size_t index = 0;; ++index) {
      if (at_ == text_.size()) return fail(opened_at, "this [ is never closed; add ]");
      if (!value(child(pointer, std::to_string(index)), at_, depth + 1)) return false;
      const auto next = separator(']', opened_at);
      if (next == Next::wrong) return false;
      if (next == Next::end) return true;
    }
  }

  enum class Next : std::uint8_t { more, end, wrong };
  /// After a member or element: a comma and more, or the closing bracket.
  Next separator(char close, std::size_t opened_at) {
    const auto ended_at = at_;
    if (!skip_blank()) return Next::wrong;
    if (at_ == text_.size()) {
      fail(opened_at, std::string{"this "} + text_[opened_at] + " is never closed; add " + close);
      return Next::wrong;
    }
    if (peek() == close) return ++at_, Next::end;
    if (peek() != ',') {
      fail(peek() == '"' ? ended_at : at_, std::string{"',' or '"} + close + "' is expected here");
      return Next::wrong;
    }
    const auto comma = at_++;
    if (!skip_blank()) return Next::wrong;
    if (peek() == close) {
      fail(comma, std::string{"a comma may not stand before the closing '"} + close + "'; remove it");
      return Next::wrong;
    }
    return Next::more;
  }

  bool string(std::string& into) {
    const auto opened_at = at_++;
    into.clear();
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return ++at_, true;
      if (c == '\n' || c == '\r') break;
      if (static_cast<unsigned char>(c) < 0x20)
        return fail(at_, "a control character in a string; write it as \\u00XX");
      if (c != '\\') {
        into.push_back(c);
      } else if (!escape(into)) {
        return false;
      }
    }
    return fail(opened_at, "this string is not closed on its line; add \"");
  }
  /// Leaves at_ on the escape's last byte.
  bool escape(std::string& into) {
    constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    const auto began_at = at_++;
    if (const auto simple = names.find(peek()); simple != std::string_view::npos && peek() != '\0') {
      into.push_back(meanings[simple]);
      return true;
    }
    std::uint32_t code = 0;
    if (peek() != 'u' || !four_digits(code))
      return fail(began_at, "no such escape; a backslash itself is written \\\\");
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_ + 1).starts_with("\\u")) {
      std::uint32_t low = 0;
      at_ += 2;
      if (!four_digits(low) || low < 0xDC00 || low > 0xDFFF) return fail(began_at, "half a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code >= 0xD800 && code <= 0xDFFF) return fail(began_at, "half a surrogate pair");
    append_utf8(into, code);
    return true;
  }
  /// The digits behind the 'u' on which at_ stands.
  bool four_digits(std::uint32_t& code) {
    if (at_ + 4 >= text_.size()) return false;
    for (int i = 0; i < 4; ++i) {
      const int digit = hex_digit(text_[++at_]);
      if (digit < 0) return false;
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  bool number() {
    const auto began_at = at_;
    const auto digits = [this] {
      const auto from = at_;
      while (text::is_digit(peek())) ++at_;
      return at_ > from;
    };
    if (peek() == '-') ++at_;
    const auto first = at_;
    bool good = digits() && (text_[first] != '0' || at_ == first + 1);
    if (good && peek() == '.') ++at_, good = digits();
    if (good && (peek() == 'e' || peek() == 'E')) {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      good = digits();
    }
    return good || fail(began_at, "this is not a number as JSON writes them");
  }

  bool word() {
    for (const std::string_view known : {"true", "false", "null"}) {
      if (!text_.substr(at_).starts_with(known)) continue;
      at_ += known.size();
      return true;
    }
    return fail(at_, at_ == text_.size()
                         ? "the file ends where a value is expected"
                         : "a value is expected here: a string in double quotes, a number, true, false, "
                           "null, { or [");
  }

  static constexpr int kMaxDepth = 64;
  JsonPositions& into_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::string scratch_;
};

JsonPositions::JsonPositions(std::string file, std::string_view text) : file_{std::move(file)}, text_{text} {
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(static_cast<std::uint32_t>(i + 1));
  }
  JsonScanner{*this}.run();
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.pointer < b.pointer; });
}

const JsonPositions::Entry* JsonPositions::find(std::string_view pointer) const noexcept {
  for (;;) {
    const auto wanted = mix(kEmptyPointer, pointer);
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), wanted,
                                     [](const Entry& entry, std::uint64_t hash) { return entry.pointer < hash; });
    if (at != entries_.end() && at->pointer == wanted) return &*at;
    if (pointer.empty()) return nullptr;
    const auto cut = pointer.rfind('/');
    pointer = pointer.substr(0, cut == std::string_view::npos ? 0 : cut);
  }
}

Position JsonPositions::value(std::string_view pointer) const {
  const auto* entry = find(pointer);
  return entry ? at_offset(entry->value_at) : Position{file_, 0, 0};
}

Position JsonPositions::key(std::string_view pointer) const {
  const auto* entry = find(pointer);
  return entry ? at_offset(entry->key_at) : Position{file_, 0, 0};
}

Position JsonPositions::at_offset(std::size_t byte) const {
  byte = std::min(byte, text_.size());
  const auto line = std::upper_bound(line_starts_.begin(), line_starts_.end(), byte) - 1;
  std::size_t column = 1;
  for (std::size_t i = *line; i < byte; ++i) {
    if ((static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80) ++column;
  }
  return {file_, static_cast<std::size_t>(line - line_starts_.begin()) + 1, column};
}

std::string json_pointer(std::string_view parent, std::string_view token) {
  std::string out{parent};
  out.push_back('/');
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string json_pointer(std::string_view parent, std::size_t index) {
  return json_pointer(parent, std::to_string(index));
}

}  // namespace cachearr
