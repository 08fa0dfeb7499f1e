// A look at single tags of an XML text without reading the whole of it: enough for an error and for a feed's limits,
// also where the text is cut off. Pure; views point into the text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cachearr::content {

struct XmlTag {
  std::string_view name;                                             // with its prefix, as written
  std::vector<std::pair<std::string_view, std::string>> attributes;  // values with entities resolved
  std::string_view behind;  // the text after the tag; empty where the element has no content ("<a/>")

  std::string_view local_name() const noexcept;
  /// Compared without regard to case, since spellings differ between indexers. Null: not there.
  const std::string* attribute(std::string_view wanted) const noexcept;
  /// Character data up to the next tag, entities resolved, trimmed.
  std::string text() const;
};

/// The first element of a document, past declaration, comments and document type. None: no XML, or cut off before.
std::optional<XmlTag> root_tag(std::string_view document);
/// The first element with this local name, whatever its prefix and case.
std::optional<XmlTag> find_tag(std::string_view document, std::string_view local_name);

}  // namespace cachearr::content
