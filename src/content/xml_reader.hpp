// Reads an XML text in one pass without building a document: is it whole, what is its root, what stands at these
// places. Memory does not grow with the text. Pure, any thread; views point into the text.
//
// Laxer than XML 1.0 where real feeds are: prefixes and entities that nobody declared, and any character in a text.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "content/entity.hpp"
#include "content/pass.hpp"
#include "content/value.hpp"

namespace cachearr::content {

struct XmlTag {
  std::string_view name;                                             // with its prefix, as written
  std::vector<std::pair<std::string_view, std::string>> attributes;  // values with entities resolved
  std::string text;  // first character data in front of any child, trimmed; of the root alone

  std::string_view local_name() const noexcept;
  /// Compared without regard to case, since spellings differ between indexers. Null: not there.
  const std::string* attribute(std::string_view wanted) const noexcept;
};

struct XmlRead {
  Shape shape = Shape::broken;
  bool html = false;            // its document type or its root says so
  std::optional<XmlTag> root;   // none: nothing there, or cut off before
  EntityTags entities;          // by the attributes of a feed's items, where all of them say the same
  std::optional<XmlTag> noted;  // the first element whose local name was asked for, whatever its prefix and case
};

struct XmlQuestion {
  /// "rss/channel/item/@id": names as written, of an element its first text, of an attribute its value.
  std::span<const std::string_view> paths;
  std::string_view note;  // lower case; empty: none
};

/// `found` is called for each element and attribute that a path leads to, also where the text breaks further on.
XmlRead read_xml(std::string_view text, const XmlQuestion& question = {}, const OnValue& found = {});
/// The same in steps. REQUIRES: the text, the paths and `found` live as long.
std::unique_ptr<Pass<XmlRead>> xml_pass(std::string_view text, const XmlQuestion& question, const OnValue& found);

}  // namespace cachearr::content
