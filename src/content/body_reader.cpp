#include "content/body_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "base/text.hpp"

namespace cachearr::content {
namespace {

using Kind = BodyRead::Kind;

constexpr std::string_view kBom = "\xEF\xBB\xBF";

BodyCondition::Kind condition_kind(Kind kind) noexcept {
  return kind == Kind::json ? BodyCondition::Kind::json : BodyCondition::Kind::xml;
}

bool begins_like_html(std::string_view text) noexcept {
  for (const std::string_view start : {"<!doctype html", "<html", "<head", "<body"}) {
    if (text::iequals(text.substr(0, start.size()), start)) return true;
  }
  return false;
}

Kind kind_of(std::string_view text) noexcept {
  if (text.empty()) return Kind::empty;
  if (text[0] == '<') return begins_like_html(text) ? Kind::html : Kind::xml;
  return text[0] == '{' || text[0] == '[' ? Kind::json : Kind::other;
}

/// The places that a reader of this kind is asked for, and whose they are.
struct Asked {
  std::vector<std::string_view> places;
  std::vector<std::size_t> conditions;  // the first places are theirs

  Asked(std::span<const BodyCondition* const> all, BodyCondition::Kind kind) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i]->kind != kind) continue;
      places.push_back(all[i]->path);
      conditions.push_back(i);
    }
  }
};

void judge(const Asked& asked, std::size_t place, const Value& value, const BodyQuestion& question, BodyRead& read,
           std::vector<bool>& there) {
  const auto number = asked.conditions[place];
  there[number] = true;
  const auto& condition = *question.conditions[number];
  if (!condition.missing && condition.holds(value)) read.holds[number] = true;
}

void read_as_json(std::string_view body, const BodyQuestion& question, BodyRead& read, std::vector<bool>& there) {
  Asked asked{question.conditions, BodyCondition::Kind::json};
  const auto own = asked.conditions.size();
  const bool is_short = read.text.size() <= kLongestRefusal;
  if (is_short) {
    asked.places.insert(asked.places.end(), std::begin(kErrorPlaces), std::end(kErrorPlaces));
    asked.places.insert(asked.places.end(), question.pointers.begin(), question.pointers.end());
    read.places.resize(asked.places.size() - own);
  }
  read.json = read_json(body, asked.places, [&](std::size_t place, const Value& value) {
    if (place < own) return judge(asked, place, value, question, read, there);
    read.places[place - own] = value;
  });
  read.shape = read.json.shape;
}

void read_as_xml(std::string_view body, const BodyQuestion& question, BodyRead& read, std::vector<bool>& there) {
  Asked asked{question.conditions, BodyCondition::Kind::xml};
  const auto own = asked.conditions.size();
  asked.places.insert(asked.places.end(), {"nzb/file", "rss/channel"});
  read.xml = read_xml(body, {asked.places, "apilimits"}, [&](std::size_t place, const Value& value) {
    if (place < own) return judge(asked, place, value, question, read, there);
    (place == own ? read.has_file : read.has_channel) = true;
  });
  read.shape = read.xml.shape;
  if (read.xml.html) read.kind = Kind::html;
}

}  // namespace

std::string_view without_blanks(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

BodyRead read_body(std::string_view body, const BodyQuestion& question) {
  BodyRead read;
  read.holds.resize(question.conditions.size());
  read.text = without_blanks(body.starts_with(kBom) ? body.substr(kBom.size()) : body);
  read.kind = kind_of(read.text);
  std::vector<bool> there(question.conditions.size());
  if (read.kind == Kind::xml || read.kind == Kind::html) {
    read_as_xml(read.text, question, read, there);
  } else if (read.kind != Kind::empty) {
    // A scalar is JSON, too; what is none is found out at its first character.
    read_as_json(read.text, question, read, there);
    if (read.kind == Kind::other && read.shape == Shape::whole) read.kind = Kind::json;
  }
  for (std::size_t i = 0; i < question.conditions.size(); ++i) {
    const auto& condition = *question.conditions[i];
    const bool readable = condition.kind == condition_kind(read.kind) && read.kind != Kind::other &&
                          read.kind != Kind::empty && read.shape == Shape::whole;
    if (condition.kind == BodyCondition::Kind::text) {
      read.holds[i] = condition.holds({Value::Type::string, std::string{read.text}});
    } else if (condition.missing && readable) {
      read.holds[i] = !there[i];
    }
  }
  return read;
}

}  // namespace cachearr::content
