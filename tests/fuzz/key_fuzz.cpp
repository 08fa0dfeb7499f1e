// Two requests share a name in the store only where a slow reader says that they ask for the same thing with the same
// credentials; and however a request is spelt, its name stays. Input: two heads, divided by a byte 1.
#include <algorithm>
#include <tuple>

#include "fuzz/input.hpp"
#include "rules/load/load.hpp"

using namespace cachearr;
using fuzz::require;

namespace {

constexpr std::string_view kRules = R"({
  "upstreams": { "up": { "hosts": ["api.test"], "credentials": { "query": ["k"], "path": ["pass"] } } },
  "rules": [
    { "name": "a", "upstream": "up", "match": { "path": "/s/{id}", "query": { "lang": "{lang}", "page": "{page?}" } }, "ttl": 1,
      "key": "s:{id}:{lang}:{page}", "ignore_query": ["_"] },
    { "name": "b", "upstream": "up", "match": { "path": "/s/{x}-{y}" }, "ttl": 1, "key": "s:{x}:{y}" },
    { "name": "c", "upstream": "up", "match": { "path": ["/r/**", "/q/*x"] , "query": { "t": ["u", "v*"] } }, "ttl": 1, "key": "r" },
    { "name": "d", "upstream": "up", "match": { "path": "/p/{pass}/x" }, "ttl": 1 },
    { "name": "e", "upstream": "up", "match": { "path": "/t/{pass}" }, "ttl": 1, "key": "t:{pass}" },
    { "name": "f", "upstream": "up", "match": { "path": "/**" }, "ttl": 1 }
  ]
})";

const rules::RuleSet& rule_set() {
  static const auto set = [] {
    Problems problems;
    const auto made = rules::load_text(kRules, "f", problems);
    require(made != nullptr);
    return made;
  }();
  return *set;
}

int hex(char c) {
  const auto at = std::string_view{"0123456789abcdef"}.find(text::lower(c));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}
int encoded(const std::string& text, std::size_t at) {
  if (text[at] != '%' || at + 2 >= text.size()) return -1;
  const int high = hex(text[at + 1]), low = hex(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}
bool unreserved(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// Each character as a number; what is encoded and not unreserved as 256 more, so that "%2F" and "/" differ.
std::vector<int> sent(const std::string& text) {
  std::vector<int> out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = encoded(text, i);
    if (byte >= 0) {
      out.push_back(unreserved(byte) ? byte : byte + 256);
      i += 2;
    } else {
      // A stray '%' means what %25 means.
      out.push_back(text[i] == '%' ? '%' + 256 : static_cast<unsigned char>(text[i]));
    }
  }
  return out;
}
std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = encoded(text, i);
    out.push_back(byte >= 0 ? static_cast<char>(byte) : text[i] == '+' ? ' ' : text[i]);
    if (byte >= 0) i += 2;
  }
  return out;
}

struct Asked {
  http::RequestHead head;
  http::Target target;
};

Asked read(std::string_view input) {
  Asked asked;
  asked.head = fuzz::request_of(input);
  auto rest = asked.head.target;
  asked.target.scheme = "https";
  asked.target.port = 443;
  asked.target.host = rest.starts_with('!') ? "other.test" : "api.test";
  if (rest.starts_with('!')) rest.remove_prefix(1);
  const auto mark = rest.find('?');
  asked.target.path = "/" + std::string{rest.substr(0, mark)};
  asked.target.has_query = mark != std::string_view::npos;
  if (asked.target.has_query) asked.target.query = std::string{rest.substr(mark + 1)};
  return asked;
}

/// What the reader of targets lets through.
bool possible(std::string_view target) {
  return std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

struct Named {
  rules::KeyParts parts;
  bool with_rule = false;
};
Named name(const Asked& asked) {
  const auto& set = rule_set();
  Named named;
  rules::Captures captures;
  rules::Scratch scratch;
  const auto* upstream = set.upstream_for_host(asked.target.host);
  const auto* rule =
      upstream ? set.match(*upstream, asked.head, asked.target.path, asked.target.query, scratch, captures) : nullptr;
  named.with_rule = rule != nullptr;
  rules::build_key({upstream, rule}, asked.head, asked.target, captures, "0123456789abcdef", scratch, named.parts);
  return named;
}

using Form =
    std::tuple<std::string, std::string, std::vector<int>, std::vector<std::pair<std::vector<int>, std::vector<int>>>,
               bool, std::vector<std::pair<std::string, std::string>>>;

/// What a request asks for, and with which credentials.
Form form(const Asked& asked, bool with_rule) {
  const bool ignores = with_rule && asked.target.path.starts_with("/s/");
  std::vector<std::pair<std::vector<int>, std::vector<int>>> parameters;
  std::string rest = asked.target.query;
  std::string_view left = rest;
  while (!left.empty()) {
    auto part = fuzz::take_until(left, '&');
    if (part.empty()) continue;
    const std::string key{fuzz::take_until(part, '=')}, value{part};
    const auto spelt = [with_rule](const std::string& text) {
      return with_rule ? sent(text::percent_encode(decoded(text))) : sent(text);
    };
    if (ignores && decoded(key) == "_") continue;
    parameters.emplace_back(spelt(key), spelt(value));
  }
  if (with_rule) {
    std::stable_sort(parameters.begin(), parameters.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  std::vector<std::pair<std::string, std::string>> credentials;
  for (const auto& field : asked.head.fields) {
    for (const auto* known : {"authorization", "cookie", "x-api-key"}) {
      if (text::iequals(field.name, known)) credentials.emplace_back(known, std::string{field.value});
    }
  }
  std::stable_sort(credentials.begin(), credentials.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto method = asked.head.method == http::Method::head ? "GET" : std::string{asked.head.method_text};
  return {asked.target.host,
          method,
          sent(asked.target.path),
          parameters,
          asked.target.has_query && asked.target.query.empty(),
          credentials};
}

std::string respelt(const std::string& text, bool all) {
  std::string out;
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i] == '+' && all ? ' ' : text[i]);
    if (encoded(text, i) >= 0) {
      out += text.substr(i, 3);
      i += 2;
    } else if (unreserved(byte) || (all && byte != '&' && byte != '=' && byte != '%')) {
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto rest = fuzz::text_of(data, size);
  const auto one = read(fuzz::take_until(rest, 1)), two = read(rest);
  if (!possible(one.head.target) || !possible(two.head.target)) return 0;
  const auto first = name(one), second = name(two);
  require(first.parts.id == hash128(first.parts.identity));
  require(first.parts.key.size() <= 8000);
  if (first.parts.identity == second.parts.identity) {
    require(first.with_rule == second.with_rule);
    require(form(one, first.with_rule) == form(two, second.with_rule));
  }
  if (first.with_rule) {
    Asked other = one;
    other.target.path = respelt(one.target.path, false);
    other.target.query = respelt(one.target.query, true);
    require(name(other).parts.identity == first.parts.identity);
  }
  return 0;
}
