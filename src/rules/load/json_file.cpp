#include "rules/load/json_file.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace cachearr::rules {

namespace {

using Json = nlohmann::json;

const Json& json(const void* value) noexcept { return *static_cast<const Json*>(value); }

std::string_view kind_name(Node::Kind kind) noexcept {
  switch (kind) {
    case Node::Kind::null: return "null";
    case Node::Kind::boolean: return "true or false";
    case Node::Kind::number: return "a number";
    case Node::Kind::text: return "a text";
    case Node::Kind::array: return "a list";
    case Node::Kind::object: return "an object";
  }
  return "a value";
}

std::string in_quotes(std::string_view text) { return "'" + std::string{text} + "'"; }

std::string number_text(double number) { return Json(number).dump(); }

}  // namespace

struct JsonFile::Tree {
  Json root;
};

JsonFile::JsonFile(std::string name, std::string text, Problems& problems)
    : name_{std::move(name)}, text_{std::move(text)}, problems_{&problems} {
  if (check_bytes()) parse();
}

JsonFile::~JsonFile() = default;

bool JsonFile::check_bytes() const {
  const auto refuse = [this](std::size_t at, std::string what) {
    const auto line =
        static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    problems_->push_back({{name_, line + 1, 1}, std::move(what)});
    return false;
  };
  if (text_.size() > kMostBytes) {
    problems_->push_back({{name_, 0, 0}, "the file is larger than 10 MiB, which no rules file is; check its name"});
    return false;
  }
  if (const auto nul = text_.find('\0'); nul != std::string::npos)
    return refuse(nul, "a NUL byte; the file is no text");
  if (text::is_utf8(text_)) return true;
  std::size_t line = 0;
  for (auto end = text_.find('\n'); end != std::string::npos; line = end + 1, end = text_.find('\n', line)) {
    if (!text::is_utf8(std::string_view{text_}.substr(line, end - line))) break;
  }
  return refuse(line, "this line is not UTF-8; save the file as UTF-8");
}

void JsonFile::parse() {
  positions_.emplace(name_, text_);
  problems_->insert(problems_->end(), positions_->problems().begin(), positions_->problems().end());
  if (!positions_->sound()) return;
  try {
    tree_ = std::make_unique<Tree>(Tree{Json::parse(text_, nullptr, true, true)});
  } catch (const Json::parse_error& error) {
    problems_->push_back({positions_->at_offset(error.byte > 0 ? error.byte - 1 : 0), "this is not JSON"});
  } catch (const Json::exception&) {
    problems_->push_back({{name_, 0, 0}, "a number in this file is too large"});
  }
}

std::optional<Node> JsonFile::root() const {
  if (!tree_) return std::nullopt;
  return Node{*this, &tree_->root, {}};
}

Node::Kind Node::kind() const noexcept {
  const auto& value = json(value_);
  if (value.is_object()) return Kind::object;
  if (value.is_array()) return Kind::array;
  if (value.is_string()) return Kind::text;
  if (value.is_number()) return Kind::number;
  return value.is_boolean() ? Kind::boolean : Kind::null;
}

Position Node::at() const { return file_->positions_->value(pointer_); }
void Node::problem(std::string what) const { file_->problems_->push_back({at(), std::move(what)}); }
void Node::key_problem(std::string what) const {
  file_->problems_->push_back({file_->positions_->key(pointer_), std::move(what)});
}
void Node::wrong_kind(std::string_view wanted) const {
  problem(std::string{wanted} + " is expected here, not " + std::string{kind_name(kind())});
}

bool Node::expect_object(std::string_view what, std::initializer_list<std::string_view> known) const {
  if (!is_object()) return wrong_kind(what), false;
  for (const auto& [key, node] : members()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    auto message = "unknown key " + in_quotes(key);
    const auto hint = did_you_mean(key, known);
    node.key_problem(message + (hint.empty() ? "; remove it" : hint));
  }
  return true;
}

std::optional<Node> Node::get(std::string_view key) const {
  const auto& value = json(value_);
  if (!value.is_object()) return std::nullopt;
  const auto at = value.find(key);
  if (at == value.end()) return std::nullopt;
  return Node{*file_, &*at, json_pointer(pointer_, key)};
}

std::vector<std::pair<std::string, Node>> Node::members() const {
  std::vector<std::pair<std::string, Node>> out;
  for (const auto& [key, value] : json(value_).items()) {
    out.emplace_back(key, Node{*file_, &value, json_pointer(pointer_, std::string_view{key})});
  }
  return out;
}

std::vector<Node> Node::elements() const {
  if (!is_array()) return {*this};
  std::vector<Node> out;
  for (const auto& value : json(value_)) out.push_back({Node{*file_, &value, json_pointer(pointer_, out.size())}});
  return out;
}

std::optional<std::string> Node::text() const {
  if (!is_text()) return wrong_kind("a text in double quotes"), std::nullopt;
  return json(value_).get<std::string>();
}

std::optional<bool> Node::flag() const {
  if (kind() != Kind::boolean) return wrong_kind("true or false"), std::nullopt;
  return json(value_).get<bool>();
}

std::optional<double> Node::number(double least, double most) const {
  if (kind() != Kind::number) return wrong_kind("a number"), std::nullopt;
  const auto number = json(value_).get<double>();
  if (number >= least && number <= most) return number;
  problem("a number from " + number_text(least) + " to " + number_text(most) + " is expected here");
  return std::nullopt;
}

std::optional<std::uint64_t> Node::whole(std::uint64_t least, std::uint64_t most) const {
  const auto& value = json(value_);
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number >= least && number <= most) return number;
  }
  problem("a whole number from " + std::to_string(least) + " to " + std::to_string(most) + " is expected here");
  return std::nullopt;
}

std::optional<Duration> Node::duration() const {
  constexpr double longest = 100.0 * 366 * 24 * 3600;  // seconds in a century: whatever is longer is a mistake
  const auto& value = json(value_);
  std::optional<Duration> found;
  if (value.is_number()) {
    const auto seconds = value.get<double>();
    if (seconds >= 0 && seconds <= longest) found = Duration{std::llround(seconds * 1000)};
  } else if (value.is_string()) {
    found = parse_duration(value.get_ref<const std::string&>());
    if (found && (found->count() < 0 || static_cast<double>(found->count()) > longest * 1000)) found.reset();
  }
  if (!found) problem(R"(a duration is expected here: "10s", "15m", "24h", "7d" or seconds, not negative)");
  return found;
}

std::vector<std::string> Node::texts() const {
  std::vector<std::string> out;
  if (!is_text() && !is_array()) return wrong_kind("a list of texts"), out;
  for (const auto& element : elements()) {
    if (auto text = element.text()) out.push_back(std::move(*text));
  }
  return out;
}

std::optional<std::size_t> Node::word(const std::vector<std::string_view>& words) const {
  const auto given = text();
  if (!given) return std::nullopt;
  const auto at = std::find(words.begin(), words.end(), *given);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  std::string all;
  for (const auto word : words) all += (all.empty() ? "" : ", ") + std::string{word};
  problem(in_quotes(*given) + " is none of " + all + did_you_mean(*given, words));
  return std::nullopt;
}

std::string Node::dump() const { return json(value_).dump(); }

}  // namespace cachearr::rules
