#include "content/body_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

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

class BodyPass final : public Pass<BodyRead> {
 public:
  BodyPass(std::string_view body, const BodyQuestion& question)
      : question_{question}, there_(question.conditions.size()) {
    read_.holds.resize(question.conditions.size());
    read_.text = without_blanks(body.starts_with(kBom) ? body.substr(kBom.size()) : body);
    read_.kind = kind_of(read_.text);
    if (read_.kind == Kind::xml || read_.kind == Kind::html) {
      begin_xml();
    } else if (read_.kind != Kind::empty) {
      begin_json();  // a scalar is JSON, too; what is none is found out at its first character
    }
  }

  bool advance(std::size_t bytes) override {
    if (json_) return json_->advance(bytes);
    return xml_ && xml_->advance(bytes);
  }

  BodyRead end() override {
    if (json_) end_json();
    if (xml_) end_xml();
    for (std::size_t i = 0; i < question_.conditions.size(); ++i) judge_without_place(i);
    return std::move(read_);
  }

 private:
  void begin_json() {
    asked_.emplace(question_.conditions, BodyCondition::Kind::json);
    own_ = asked_->conditions.size();
    if (read_.text.size() <= kLongestRefusal) {
      auto& places = asked_->places;
      places.insert(places.end(), std::begin(kErrorPlaces), std::end(kErrorPlaces));
      places.insert(places.end(), question_.pointers.begin(), question_.pointers.end());
      read_.places.resize(places.size() - own_);
    }
    found_ = [this](std::size_t place, const Value& value) {
      if (place < own_) return judge(place, value);
      read_.places[place - own_] = value;
    };
    json_ = json_pass(read_.text, asked_->places, found_);
  }
  void end_json() {
    read_.json = json_->end();
    read_.shape = read_.json.shape;
    if (read_.kind == Kind::other && read_.shape == Shape::whole) read_.kind = Kind::json;
  }

  void begin_xml() {
    asked_.emplace(question_.conditions, BodyCondition::Kind::xml);
    own_ = asked_->conditions.size();
    asked_->places.insert(asked_->places.end(), {"nzb/file", "rss/channel"});
    found_ = [this](std::size_t place, const Value& value) {
      if (place < own_) return judge(place, value);
      (place == own_ ? read_.has_file : read_.has_channel) = true;
    };
    xml_ = xml_pass(read_.text, {asked_->places, "apilimits"}, found_);
  }
  void end_xml() {
    read_.xml = xml_->end();
    read_.shape = read_.xml.shape;
    if (read_.xml.html) read_.kind = Kind::html;
  }

  void judge(std::size_t place, const Value& value) {
    const auto number = asked_->conditions[place];
    there_[number] = true;
    const auto& condition = *question_.conditions[number];
    if (!condition.missing && condition.holds(value, question_.now)) read_.holds[number] = true;
  }
  /// What is said of the whole text, or of a place that is not there.
  void judge_without_place(std::size_t number) {
    const auto& condition = *question_.conditions[number];
    const bool readable = condition.kind == condition_kind(read_.kind) && read_.kind != Kind::other &&
                          read_.kind != Kind::empty && read_.shape == Shape::whole;
    if (condition.kind == BodyCondition::Kind::text) {
      read_.holds[number] = condition.holds({Value::Type::string, std::string{read_.text}}, question_.now);
    } else if (condition.missing && readable) {
      read_.holds[number] = !there_[number];
    }
  }

  const BodyQuestion question_;
  BodyRead read_;
  std::vector<bool> there_;  // conditions whose place is there
  std::optional<Asked> asked_;
  std::size_t own_ = 0;  // places that conditions ask for
  OnValue found_;
  std::unique_ptr<Pass<JsonRead>> json_;
  std::unique_ptr<Pass<XmlRead>> xml_;
};

}  // namespace

std::string_view without_blanks(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

BodyRead read_body(std::string_view body, const BodyQuestion& question) {
  BodyPass reader{body, question};
  reader.advance(body.size());
  return reader.end();
}

std::unique_ptr<Pass<BodyRead>> body_pass(std::string_view body, const BodyQuestion& question) {
  return std::make_unique<BodyPass>(body, question);
}

}  // namespace cachearr::content
