// Any bytes as Cache-Control, CDN-Cache-Control, Surrogate-Control, Expires, Age and Vary: nothing crashes, what is
// read equals what a slow and simple reader reads, and the verdicts built on it keep their promises.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "caching/cache_control.hpp"
#include "caching/reuse.hpp"
#include "caching/storing.hpp"
#include "caching/vary.hpp"

namespace {

using namespace cachearr;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The slow reader: strings instead of views, one character at a time, no code shared with the fast one.
class Reader {
 public:
  explicit Reader(const std::vector<std::string>& lines) {
    for (const auto& line : lines) read(line);
  }
  bool has(const std::string& name) const {
    for (const auto& [known, value] : found_) {
      if (known == name) return true;
    }
    return false;
  }
  /// The smallest of all values of that name; what is no number is 0.
  std::optional<std::uint32_t> lifetime(const std::string& name) const {
    std::optional<std::uint32_t> least;
    for (const auto& [known, value] : found_) {
      if (known != name) continue;
      const auto seconds = number(value);
      if (!least || seconds < *least) least = seconds;
    }
    return least;
  }

 private:
  void read(const std::string& line) {
    std::vector<std::string> members;
    if (!split(line, true, members)) {
      members.clear();
      split(line, false, members);
    }
    for (const auto& member : members) keep(trimmed(member));
  }

  /// False where a quote stays open.
  static bool split(const std::string& line, bool quotes, std::vector<std::string>& members) {
    std::string member;
    bool inside = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (quotes && line[i] == '"') inside = !inside;
      if (inside && line[i] == '\\' && i + 1 < line.size()) {
        member += line[i++];
        member += line[i];
        continue;
      }
      if (line[i] == ',' && !inside) {
        members.push_back(member);
        member.clear();
      } else {
        member += line[i];
      }
    }
    members.push_back(member);
    return !inside;
  }

  static std::string trimmed(std::string text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.erase(text.begin());
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
    return text;
  }

  void keep(const std::string& member) {
    std::string name;
    std::string value;
    bool after = false;
    for (const char c : member) {
      if (!after && c == '=')
        after = true;
      else if (after)
        value += c;
      else
        name += (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
    }
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (!member.empty()) found_.emplace_back(name, value);
  }

  static std::uint32_t number(const std::string& text) {
    std::uint64_t value = 0;
    for (const char c : text) {
      if (c < '0' || c > '9') return 0;
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
      if (value > (1ULL << 31)) value = 1ULL << 31;
    }
    return static_cast<std::uint32_t>(value);
  }

  std::vector<std::pair<std::string, std::string>> found_;
};

void compare(const std::vector<std::string>& lines) {
  http::FieldList fields;
  for (const auto& line : lines) fields.add("Cache-Control", line);
  const Reader slow{lines};
  const auto says = caching::response_directives(fields);
  require(says.no_store == slow.has("no-store") && says.must_revalidate == slow.has("must-revalidate"));
  require(says.is_public == slow.has("public") && says.must_understand == slow.has("must-understand"));
  require(says.max_age == slow.lifetime("max-age") && says.s_maxage == slow.lifetime("s-maxage"));
  require((says.is_private || !says.private_fields.empty()) == slow.has("private"));
  require((says.no_cache || !says.no_cache_fields.empty()) == slow.has("no-cache"));
  const auto asks = caching::request_directives(fields);
  require(asks.no_store == slow.has("no-store") && asks.no_cache == slow.has("no-cache"));
  require(asks.only_if_cached == slow.has("only-if-cached") && asks.max_age == slow.lifetime("max-age"));
}

void judge(const std::vector<std::string>& lines) {
  static constexpr std::string_view names[] = {"Cache-Control",
                                               "CDN-Cache-Control",
                                               "Surrogate-Control",
                                               "Expires",
                                               "Age",
                                               "Vary",
                                               "Last-Modified",
                                               "ETag",
                                               "Date",
                                               "Pragma"};
  http::RequestHead request;
  request.method = http::Method::get;
  http::ResponseHead response;
  response.status = 200;
  for (std::size_t i = 0; i < lines.size(); ++i) response.fields.add(names[i % std::size(names)], lines[i]);
  const TimePoint now{std::chrono::seconds{1'700'000'000}};
  const auto verdict = caching::may_store(request, response, {}, {now, now});
  const auto says = caching::response_directives(response.fields);
  if (says.no_store && !says.must_understand) require(!verdict.storable());
  if (!verdict.storable()) return;
  require(verdict.lifetime >= Duration{0} && verdict.meta.born_ms <= verdict.meta.stored_ms);
  const bool fresh = caching::judge(verdict.meta, {}, now).reuse == caching::Reuse::fresh;
  const bool later = caching::judge(verdict.meta, {}, now + std::chrono::hours{1}).reuse == caching::Reuse::fresh;
  require(fresh || !later);
  std::string variant;
  caching::append_variant(variant, caching::to_text(caching::selecting_fields(response, {})), response.fields);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == '\n')
      lines.emplace_back();
    else
      lines.back() += static_cast<char>(data[i]);
  }
  compare(lines);
  judge(lines);
  return 0;
}
