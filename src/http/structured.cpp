#include "http/structured.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/text.hpp"
#include "http/token.hpp"

namespace cachearr::http::structured {

namespace {

/// As many as RFC 8941 3 asks of every parser; looking for repeated keys among more is work for an attacker.
constexpr std::size_t kMaxKeys = 1024;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_alpha(char c) noexcept { return is_lower(text::lower(c)); }

bool is_token_char(char c) noexcept { return is_token_character(c) || c == ':' || c == '/'; }

/// Whether none of these eight bytes needs an escape; "no" may be said too often.
bool are_plain(const char* bytes) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const auto has_zero = [](std::uint64_t each) { return (each - ones) & ~each; };
  const auto below_space = (word - ones * 0x20) & ~word;
  const auto above_tilde = word | (word + ones);
  const auto odd = below_space | above_tilde | has_zero(word ^ ones * '"') | has_zero(word ^ ones * '\\');
  return (odd & high) == 0;
}

/// How many bytes in front need no escape, at least; eight are looked at in one step, the last eight once more.
std::size_t plain_prefix(std::string_view text) noexcept {
  constexpr std::size_t step = 8;
  std::size_t at = 0;
  for (; at + step <= text.size(); at += step) {
    if (!are_plain(text.data() + at)) return at;
  }
  return text.size() >= step && are_plain(text.data() + text.size() - step) ? text.size() : at;
}

template <class Value>
void assign(std::vector<std::pair<std::string, Value>>& to, std::string key, Value value) {
  const auto found = std::find_if(to.begin(), to.end(), [&](const auto& entry) { return entry.first == key; });
  if (found == to.end()) {
    to.emplace_back(std::move(key), std::move(value));
  } else {
    found->second = std::move(value);
  }
}

/// The algorithms of RFC 8941 4.2, one function each; every one returns false where parsing fails.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_{text} { skip_spaces(); }

  bool at_end() noexcept {
    skip_spaces();
    return rest_.empty();
  }

  bool list(List& into) {
    while (!rest_.empty()) {
      std::variant<Item, InnerList> member;
      if (!item_or_inner_list(member)) return false;
      into.push_back(std::move(member));
      if (!next_member()) return failed_ ? false : true;
    }
    return true;
  }

  bool dictionary(Dictionary& into) {
    while (!rest_.empty()) {
      Member member;
      if (!key(member.key)) return false;
      if (skip('=')) {
        if (!item_or_inner_list(member.value)) return false;
      } else {
        Item item{true, {}};
        if (!parameters(item.parameters)) return false;
        member.value = std::move(item);
      }
      keep(into, std::move(member));
      if (into.size() > kMaxKeys) return false;
      if (!next_member()) return failed_ ? false : true;
    }
    return true;
  }

  bool item(Item& into) { return bare(into.value) && parameters(into.parameters); }

 private:
  static void keep(Dictionary& into, Member member) {
    const auto found = std::find_if(into.begin(), into.end(), [&](const Member& m) { return m.key == member.key; });
    if (found == into.end()) {
      into.push_back(std::move(member));
    } else {
      found->value = std::move(member.value);
    }
  }

  bool is_next(char c) const noexcept { return !rest_.empty() && rest_.front() == c; }
  bool skip(char c) noexcept {
    if (!is_next(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char take() noexcept {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void skip_spaces() noexcept {
    while (skip(' ')) {}
  }
  void skip_white_space() noexcept {
    while (skip(' ') || skip('\t')) {}
  }

  /// True where another member follows. A trailing comma and anything but a comma are failures.
  bool next_member() noexcept {
    skip_white_space();
    if (rest_.empty()) return false;
    failed_ = !skip(',');
    skip_white_space();
    failed_ = failed_ || rest_.empty();
    return !failed_;
  }

  bool item_or_inner_list(std::variant<Item, InnerList>& into) {
    if (is_next('(')) return inner_list(into.emplace<InnerList>());
    return item(into.emplace<Item>());
  }

  bool inner_list(InnerList& into) {
    rest_.remove_prefix(1);
    while (true) {
      skip_spaces();
      if (rest_.empty()) return false;
      if (skip(')')) return parameters(into.parameters);
      if (!item(into.items.emplace_back())) return false;
      if (!is_next(' ') && !is_next(')')) return false;
    }
  }

  bool parameters(Parameters& into) {
    while (skip(';')) {
      skip_spaces();
      std::string name;
      Bare value{true};
      if (!key(name)) return false;
      if (skip('=') && !bare(value)) return false;
      assign(into, std::move(name), std::move(value));
      if (into.size() > kMaxKeys) return false;
    }
    return true;
  }

  bool key(std::string& into) {
    if (rest_.empty() || (!is_lower(rest_.front()) && rest_.front() != '*')) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (!is_lower(c) && !is_digit(c) && c != '_' && c != '-' && c != '.' && c != '*') break;
      into += take();
    }
    return true;
  }

  bool bare(Bare& into) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    if (c == '-' || is_digit(c)) return number(into);
    if (c == '"') return string(into);
    if (c == '*' || is_alpha(c)) return token(into);
    if (c == ':') return bytes(into);
    if (c == '?') return boolean(into);
    return false;
  }

  bool number(Bare& into) {
    const bool negative = skip('-');
    const auto whole = rest_.substr(0, rest_.find_first_not_of("0123456789"));
    if (whole.empty() || whole.size() > 15) return false;
    rest_.remove_prefix(whole.size());
    const auto value = static_cast<std::int64_t>(text::parse_unsigned(whole).value_or(0));
    if (!skip('.')) {
      into = negative ? -value : value;
      return true;
    }
    const auto fraction = rest_.substr(0, rest_.find_first_not_of("0123456789"));
    if (whole.size() > 12 || fraction.empty() || fraction.size() > 3) return false;
    rest_.remove_prefix(fraction.size());
    double scaled = static_cast<double>(text::parse_unsigned(fraction).value_or(0));
    for (std::size_t i = 0; i < fraction.size(); ++i) scaled /= 10;
    const double decimal = static_cast<double>(value) + scaled;
    into = negative ? -decimal : decimal;
    return true;
  }

  bool string(Bare& into) {
    std::string result;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      char c = take();
      if (c == '"') {
        into = std::move(result);
        return true;
      }
      if (c == '\\') {
        if (!is_next('"') && !is_next('\\')) return false;
        c = take();
      } else if (c < 0x20 || c > 0x7E) {
        return false;
      }
      result += c;
    }
    return false;
  }

  bool token(Bare& into) {
    Token result;
    while (!rest_.empty() && is_token_char(rest_.front())) result.text += take();
    into = std::move(result);
    return true;
  }

  bool bytes(Bare& into) {
    const auto end = rest_.find(':', 1);
    if (end == std::string_view::npos) return false;
    auto decoded = text::base64_decode(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    if (!decoded) return false;
    into = Bytes{*std::move(decoded)};
    return true;
  }

  bool boolean(Bare& into) {
    rest_.remove_prefix(1);
    if (!is_next('0') && !is_next('1')) return false;
    into = take() == '1';
    return true;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::optional<Dictionary> parse_dictionary(std::string_view text) {
  Parser parser{text};
  Dictionary result;
  if (!parser.dictionary(result) || !parser.at_end()) return std::nullopt;
  return result;
}

std::optional<List> parse_list(std::string_view text) {
  Parser parser{text};
  List result;
  if (!parser.list(result) || !parser.at_end()) return std::nullopt;
  return result;
}

std::optional<Item> parse_item(std::string_view text) {
  Parser parser{text};
  Item result;
  if (!parser.item(result) || !parser.at_end()) return std::nullopt;
  return result;
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  // Nearly every text goes in whole; only what follows the first odd character is looked at one by one.
  const auto plain = plain_prefix(text);
  out.append(text.substr(0, plain));
  for (const char c : text.substr(plain)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= 0x20 && c <= 0x7E ? c : '?';
  }
  out += '"';
}

}  // namespace cachearr::http::structured
