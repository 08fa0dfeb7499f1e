// Structured Field Values (RFC 8941), strictly, as far as this program reads them: dictionaries and items. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cachearr::http::structured {

struct Token {
  std::string text;
};
struct Bytes {
  std::string bytes;
};
using Bare = std::variant<std::int64_t, double, std::string, Token, Bytes, bool>;
using Parameters = std::vector<std::pair<std::string, Bare>>;
struct Item {
  Bare value;
  Parameters parameters;
};
struct InnerList {
  std::vector<Item> items;
  Parameters parameters;
};
struct Member {
  std::string key;
  std::variant<Item, InnerList> value;
};
using Dictionary = std::vector<Member>;
using List = std::vector<std::variant<Item, InnerList>>;

/// The whole text or none (RFC 8941 4.2). A repeated key keeps its first place and its last value.
std::optional<Dictionary> parse_dictionary(std::string_view text);
std::optional<List> parse_list(std::string_view text);
std::optional<Item> parse_item(std::string_view text);

/// An sf-string with quotes and escapes; bytes outside 0x20..0x7E are replaced by '?'.
void append_string(std::string& out, std::string_view text);

}  // namespace cachearr::http::structured
