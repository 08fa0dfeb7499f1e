// Reads a held body in one pass: what it is, whether it is whole, and which conditions on it hold. Pure, any thread;
// views point into the body.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "content/body_condition.hpp"
#include "content/json_reader.hpp"
#include "content/xml_reader.hpp"

namespace cachearr::content {

/// Bodies that say "no" are short; longer ones are data.
inline constexpr std::size_t kLongestRefusal = 16 * 1024;

struct BodyRead {
  enum class Kind : std::uint8_t { empty, json, xml, html, other } kind = Kind::empty;
  Shape shape = Shape::whole;  // of JSON and XML
  std::string_view text;       // behind the byte order mark and blanks
  JsonRead json;               // of a JSON body
  XmlRead xml;                 // of XML, and of HTML as far as it could be read
  bool has_file = false;       // XML: nzb/file is there
  bool has_channel = false;    // XML: rss/channel is there
  /// JSON that is short: what stands at kErrorPlaces, and at the extra pointers, in order.
  std::vector<std::optional<Value>> places;
  std::vector<bool> holds;  // one for each condition
};

/// Where APIs put the text of an error below the outermost object.
inline constexpr std::string_view kErrorPlaces[] = {"/error/message", "/error/description", "/errors/0",
                                                    "/errors/0/message", "/errors/0/detail"};

struct BodyQuestion {
  std::span<const BodyCondition* const> conditions;
  std::span<const std::string_view> pointers;  // of a short JSON body: see BodyRead::places
  TimePoint now{};                             // for conditions on dates
};

BodyRead read_body(std::string_view body, const BodyQuestion& question = {});
/// The same in steps. REQUIRES: the body and what the question refers to live as long.
std::unique_ptr<Pass<BodyRead>> body_pass(std::string_view body, const BodyQuestion& question);

/// Without XML's white space around it.
std::string_view without_blanks(std::string_view text) noexcept;

}  // namespace cachearr::content
