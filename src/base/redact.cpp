#include "base/redact.hpp"

#include <algorithm>
#include <cstddef>

#include "base/secret_shape.hpp"
#include "base/text.hpp"

namespace cachearr {

namespace {

constexpr std::string_view kMask = "***";
/// URLs stand percent-encoded inside of URLs; what nests deeper than this is hidden unread.
constexpr int kMaxNesting = 3;

void append_url(std::string& out, std::string_view url, int depth);

/// find_first_of for two characters; the library's version calls a function for each character read.
std::size_t find_either(std::string_view text, char a, char b) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == a || text[i] == b) return i;
  }
  return std::string_view::npos;
}

/// True for a value in which names, credentials or paths may stand, as they are or percent-encoded.
bool may_nest(std::string_view value) noexcept {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '=' || value[i] == '@' || value[i] == '/') return true;
    if (value[i] != '%') continue;
    const auto code = value.substr(i + 1, 2);
    if (code == "25" || code == "40" || text::iequals(code, "2F") || text::iequals(code, "3D")) return true;
  }
  return false;
}

/// A value whose name is innocent may still be a whole URL with secrets of its own.
bool hides_secret(std::string_view value, int depth) {
  if (!may_nest(value)) return false;
  if (depth >= kMaxNesting) return true;
  const auto decoded = text::percent_decode(value);
  std::string shown;
  append_url(shown, decoded, depth + 1);
  if (shown != decoded) return true;
  return decoded != value && hides_secret(decoded, depth + 1);
}

bool is_secret_name(std::string_view name) {
  if (name.find('%') == std::string_view::npos) return is_secret_parameter(name);
  return is_secret_parameter(text::percent_decode(name));
}

/// "name=value" or a bare word.
void append_pair(std::string& out, std::string_view pair, int depth) {
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos) {
    const bool encoded = pair.find('%') != std::string_view::npos;
    out += is_secret_shape(pair) || (encoded && hides_secret(pair, depth)) ? kMask : pair;
    return;
  }
  const auto name = pair.substr(0, equals);
  const auto value = pair.substr(equals + 1);
  out += is_secret_shape(name) ? kMask : name;
  out += '=';
  if (value.empty()) return;
  out += is_secret_name(name) || is_secret_shape(value) || hides_secret(value, depth) ? kMask : value;
}

/// Parameters separated by '&' or ';'.
void append_query(std::string& out, std::string_view query, int depth) {
  while (true) {
    const auto end = find_either(query, '&', ';');
    append_pair(out, query.substr(0, end), depth);
    if (end == std::string_view::npos) return;
    out += query[end];
    query.remove_prefix(end + 1);
  }
}

/// What the segments in front say about the next one.
enum class Expect : std::uint8_t {
  anything,
  key,          // the next segment is a key
  id_then_key,  // one harmless segment, then a key
  only_keys,    // everything that follows
};

Expect after(std::string_view segment, std::string_view previous, Expect expected) noexcept {
  if (expected == Expect::only_keys) return Expect::only_keys;
  if (expected == Expect::id_then_key) return Expect::key;
  constexpr std::size_t shortest = 8;  // of the words below
  if (segment.size() < shortest) return Expect::anything;
  if (text::iequals(segment, "webhooks")) return Expect::only_keys;
  if (text::iequals(segment, "announce")) return Expect::key;
  if (text::iequals(segment, "download") && text::iequals(previous, "rss")) return Expect::id_then_key;
  if (text::iequals(segment, "passthrough")) return Expect::only_keys;
  return Expect::anything;
}

bool is_announce(std::string_view segment) noexcept {
  return text::iequals(segment, "announce") || text::iequals(segment, "announce.php") ||
         text::iequals(segment, "scrape") || text::iequals(segment, "scrape.php");
}

/// "bot123456:token", as Telegram has it.
bool is_bot(std::string_view segment) noexcept {
  return segment.starts_with("bot") && segment.find(':') != std::string_view::npos;
}

/// Torrent trackers put the passkey in front of "/announce".
bool is_tracker_key(std::string_view segment, std::string_view rest) noexcept {
  return segment.size() >= 8 && is_announce(rest.substr(0, rest.find('/'))) &&
         segment.find_first_of("0123456789") != std::string_view::npos;
}

/// `rest`: what follows behind the next slash.
bool is_secret_segment(std::string_view segment, std::string_view rest, Expect expected) noexcept {
  if (segment.empty()) return false;
  if (expected == Expect::key || expected == Expect::only_keys) return true;
  return is_bot(segment) || is_tracker_key(segment, rest) || is_secret_shape(segment);
}

/// In a plain segment nothing separates, names or encodes.
struct Segment {
  std::size_t size = 0;
  bool plain = true;
};

Segment first_segment(std::string_view path) noexcept {
  Segment first;
  for (; first.size < path.size() && path[first.size] != '/'; ++first.size) {
    const char c = path[first.size];
    if (c == '%' || c == '&' || c == ';' || c == '=') first.plain = false;
  }
  return first;
}

/// Parameters may stand behind a segment without any '?': "/getnzb/{guid}.nzb&i=1&r=key", "/x;token=1".
std::string_view without_parameters(std::string_view whole, bool plain) noexcept {
  return plain ? whole : whole.substr(0, find_either(whole, '&', ';'));
}

void append_path(std::string& out, std::string_view path, int depth) {
  auto expected = Expect::anything;
  std::string_view previous;
  while (true) {
    const auto [size, plain] = first_segment(path);
    const auto whole = path.substr(0, size);
    const auto rest = path.substr(std::min(path.size(), size + 1));
    const auto segment = without_parameters(whole, plain);
    if (is_secret_segment(segment, rest, expected)) {
      out += kMask;
    } else if (plain) {
      out += segment;
    } else {
      append_pair(out, segment, depth);
    }
    if (segment.size() != whole.size()) {
      out += whole[segment.size()];
      append_query(out, whole.substr(segment.size() + 1), depth);
    }
    if (size == path.size()) return;
    out += '/';
    expected = after(segment, previous, expected);
    previous = segment;
    path = rest;
  }
}

/// Feeds whose path is nothing but the key.
bool is_key_feed(std::string_view host) noexcept {
  return host.starts_with("rss") && host.find(".torrentleech.") != std::string_view::npos;
}

/// Writes the authority without its userinfo; what is left of `url` begins with the path.
void append_authority(std::string& out, std::string_view& url) {
  const auto authority = url.substr(0, url.find('/'));
  const auto at = authority.rfind('@');
  const bool has_userinfo = at != std::string_view::npos && at != 0;
  if (has_userinfo) {
    out += kMask;
    out += '@';
  }
  const auto host = has_userinfo ? authority.substr(at + 1) : authority;
  out += host;
  url.remove_prefix(authority.size());
  const bool one_segment = url.size() > 1 && url.find('/', 1) == std::string_view::npos;
  if (one_segment && is_key_feed(host)) {
    out += "/***";
    url = {};
  }
}

/// Everything in front of the query: "scheme://user:password@host/path", "user:password@host", "/path".
void append_front(std::string& out, std::string_view front, int depth) {
  const auto scheme = front.find("://");
  const auto slash = front.find('/');
  if (scheme != std::string_view::npos) {
    out += front.substr(0, scheme + 3);
    front.remove_prefix(scheme + 3);
    append_authority(out, front);
  } else if (front.substr(0, slash).find('@') != std::string_view::npos) {
    append_authority(out, front);
  }
  append_path(out, front, depth);
}

void append_url(std::string& out, std::string_view url, int depth) {
  auto end = std::min(url.size(), find_either(url, '?', '#'));
  append_front(out, url.substr(0, end), depth);
  url.remove_prefix(end);
  while (!url.empty()) {
    out += url.front();
    url.remove_prefix(1);
    end = std::min(url.size(), find_either(url, '?', '#'));
    append_query(out, url.substr(0, end), depth);
    url.remove_prefix(end);
  }
}

/// Without any of these characters it is all path: the usual name of a program, "Sonarr/4.0".
void append_word(std::string& out, std::string_view word) {
  const bool path =
      std::none_of(word.begin(), word.end(), [](char c) { return c == ':' || c == '@' || c == '?' || c == '#'; });
  path ? append_path(out, word, 0) : append_url(out, word, 0);
}

/// Finds values behind their names, word by word: `apikey: short`, `"apikey":"short"`.
class WordReader {
 public:
  bool is_secret(std::string_view word) {
    if (word.empty()) return false;
    const bool has_colon = word.front() == ':' && is_secret_name(before_);
    const bool is_value = expects_ || (has_colon && word.size() > 1);
    expects_ = !is_value && (has_colon || (word.back() == ':' && is_secret_name(word.substr(0, word.size() - 1))));
    before_ = is_value ? std::string_view{} : word;
    return is_value;
  }

 private:
  std::string_view before_;
  bool expects_ = false;  // a secret's name and a colon came
};

}  // namespace

bool hides_secret(std::string_view value) { return hides_secret(value, 0); }

std::string redact_path(std::string_view path) {
  std::string result;
  result.reserve(path.size());
  append_path(result, path, 0);
  return result;
}

std::string redact_url(std::string_view url) {
  std::string result;
  result.reserve(url.size());
  append_url(result, url, 0);
  return result;
}

void append_redacted_words(std::string& out, std::string_view words) {
  constexpr std::string_view between = " \t\r\n,()<>[]{}\"'";
  WordReader reader;
  while (!words.empty()) {
    const auto end = std::min(words.size(), words.find_first_of(between));
    const auto word = words.substr(0, end);
    if (reader.is_secret(word)) {
      out += kMask;
    } else {
      append_word(out, word);
    }
    if (end < words.size()) out += words[end];
    words.remove_prefix(std::min(words.size(), end + 1));
  }
}

std::string shown_words(std::string_view words) {
  constexpr std::size_t most_read = 1024, most_shown = 200;
  std::string out;
  append_redacted_words(out, words.substr(0, most_read));
  if (out.size() <= most_shown) return out;
  auto end = most_shown;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;  // not within a character
  out.resize(end);
  return out;
}

void append_redacted(std::string& out, std::string_view path, std::string_view query) {
  append_path(out, path, 0);
  if (query.empty()) return;
  out += '?';
  append_query(out, query, 0);
}

}  // namespace cachearr
