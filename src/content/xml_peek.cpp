#include "content/xml_peek.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace cachearr::content {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kMaxAttributes = 64;

std::string_view skip_blanks(std::string_view text) noexcept {
  const auto at = text.find_first_not_of(kBlanks);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

bool name_character(char c) noexcept {
  const char l = text::lower(c);
  return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '_' || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string_view take_name(std::string_view& text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), name_character);
  const auto name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(name.size());
  return name;
}

std::string resolve_entities(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  std::string out;
  while (!text.empty()) {
    const auto known = std::find_if(kEntities.begin(), kEntities.end(), [&](const auto& entity) {
      return text.substr(0, entity.first.size()) == entity.first;
    });
    out.push_back(known == kEntities.end() ? text.front() : known->second);
    text.remove_prefix(known == kEntities.end() ? 1 : known->first.size());
  }
  return out;
}

/// Reads `name="value"` into the tag; false where there is none or it is cut off.
bool take_attribute(std::string_view& rest, XmlTag& tag) {
  rest = skip_blanks(rest);
  const auto name = take_name(rest);
  rest = skip_blanks(rest);
  if (name.empty() || rest.empty() || rest.front() != '=') return false;
  rest = skip_blanks(rest.substr(1));
  if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return false;
  const auto end = rest.find(rest.front(), 1);
  if (end == std::string_view::npos) return false;
  tag.attributes.emplace_back(name, resolve_entities(rest.substr(1, end - 1)));
  rest.remove_prefix(end + 1);
  return true;
}

/// The tag whose '<' `text` begins with.
std::optional<XmlTag> read_tag(std::string_view text) {
  XmlTag tag;
  auto rest = text.substr(1);
  tag.name = take_name(rest);
  if (tag.name.empty()) return std::nullopt;
  while (tag.attributes.size() < kMaxAttributes && take_attribute(rest, tag)) {}
  rest = skip_blanks(rest);
  if (rest.substr(0, 2) == "/>") return tag;
  if (rest.empty() || rest.front() != '>') return std::nullopt;
  tag.behind = rest.substr(1);
  return tag;
}

/// Past one "<?…?>", "<!--…-->" or "<!DOCTYPE…>"; empty where it does not end.
std::string_view skip_prologue_item(std::string_view text) noexcept {
  const std::string_view end = text.substr(0, 2) == "<?" ? "?>" : text.substr(0, 4) == "<!--" ? "-->" : ">";
  const auto at = text.find(end);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + end.size());
}

}  // namespace

std::string_view XmlTag::local_name() const noexcept {
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

const std::string* XmlTag::attribute(std::string_view wanted) const noexcept {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& each) { return text::iequals(each.first, wanted); });
  return found == attributes.end() ? nullptr : &found->second;
}

std::string XmlTag::text() const {
  const auto resolved = resolve_entities(behind.substr(0, behind.find('<')));
  const auto begin = resolved.find_first_not_of(kBlanks);
  if (begin == std::string::npos) return {};
  return resolved.substr(begin, resolved.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<XmlTag> root_tag(std::string_view document) {
  if (document.substr(0, 3) == "\xEF\xBB\xBF") document.remove_prefix(3);
  auto rest = skip_blanks(document);
  while (rest.size() > 1 && rest[0] == '<' && (rest[1] == '?' || rest[1] == '!')) {
    rest = skip_blanks(skip_prologue_item(rest));
  }
  if (rest.empty() || rest.front() != '<') return std::nullopt;
  return read_tag(rest);
}

std::optional<XmlTag> find_tag(std::string_view document, std::string_view local_name) {
  for (auto at = document.find('<'); at != std::string_view::npos; at = document.find('<', at + 1)) {
    auto rest = document.substr(at + 1);
    XmlTag candidate;
    candidate.name = take_name(rest);
    if (text::iequals(candidate.local_name(), local_name)) return read_tag(document.substr(at));
  }
  return std::nullopt;
}

}  // namespace cachearr::content
