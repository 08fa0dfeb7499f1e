#include "content/xml_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "content/place_probe.hpp"

namespace cachearr::content {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kMaxAttributes = 64;
constexpr std::string_view kItemAttribute = "attr";  // newznab:attr, torznab:attr
constexpr std::size_t kMaxNesting = 1000;
constexpr std::size_t npos = std::string_view::npos;

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(kBlanks);
  return first == npos ? std::string_view{} : text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

bool is_name_character(char c) noexcept {
  const char l = text::lower(c);
  return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '_' || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) return byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
  if (code < 0x10000) return byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F));
  byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)),
      byte(0x80 | (code & 0x3F));
}

/// "&#38;" and "&#x26;"; false where it is no such reference.
bool append_character(std::string& out, std::string_view name) {
  if (name.size() < 2 || name[0] != '#') return false;
  const bool hex = name[1] == 'x';
  const auto digits = name.substr(hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size() || code == 0 || code > 0x10FFFF) return false;
  append_utf8(out, code);
  return true;
}

/// An entity that is not known stays as it is written.
std::string resolve_entities(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
      {{"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"amp", '&'}}};
  std::string out;
  for (auto amp = text.find('&'); amp != npos; amp = text.find('&')) {
    out.append(text.substr(0, amp));
    text.remove_prefix(amp);
    const auto end = text.substr(0, 12).find(';');
    const auto name = end == npos ? std::string_view{} : text.substr(1, end - 1);
    const auto known =
        std::find_if(kEntities.begin(), kEntities.end(), [&](const auto& entity) { return entity.first == name; });
    if (known != kEntities.end()) out.push_back(known->second);
    const bool resolved = known != kEntities.end() || append_character(out, name);
    if (!resolved) out.push_back('&');
    text.remove_prefix(resolved ? end + 1 : 1);
  }
  return out.append(text);
}

/// An element whose text a probe waits for.
struct Open {
  std::size_t probe;
  std::size_t depth;
  bool told = false;
};

class XmlPass final : public Pass<XmlRead> {
 public:
  XmlPass(std::string_view text, const XmlQuestion& question, const OnValue& found)
      : text_{text}, note_{question.note}, found_{found}, probes_{question.paths.begin(), question.paths.end()} {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    read_.shape = Shape::whole;
  }

  bool advance(std::size_t bytes) override {
    const auto stop = at_ + std::min(bytes, text_.size() - at_);
    while (read_.shape == Shape::whole && at_ < text_.size()) {
      if (at_ >= stop) return true;
      step();
    }
    return false;
  }

  XmlRead end() override {
    if (read_.shape == Shape::whole && (!names_.empty() || !read_.root)) read_.shape = Shape::cut_off;
    read_.entities = items_.found();
    return std::move(read_);
  }

 private:
  void step() {
    const auto rest = text_.substr(at_);
    if (rest[0] != '<') return character_data(rest.substr(0, rest.find('<')));
    if (rest.starts_with("<!--")) return skip("-->");
    if (rest.starts_with("<![CDATA[")) return cdata(rest);
    if (rest.starts_with("<?")) return skip("?>");
    if (rest.starts_with("<!")) return document_type(rest);
    if (rest.starts_with("</")) return end_tag(rest);
    if (rest.size() == 1) return cut();
    start_tag(rest);
  }

  void character_data(std::string_view data) {
    at_ += data.size();
    const auto text = trimmed(data);
    if (text.empty()) return;
    if (names_.empty()) return fail();
    tell_text(text, true);
  }

  void cdata(std::string_view rest) {
    const auto end = rest.find("]]>");
    if (end == npos) return cut();
    if (names_.empty()) return fail();
    constexpr std::size_t start = 9;
    tell_text(trimmed(rest.substr(start, end - start)), false);
    at_ += end + 3;
  }

  void tell_text(std::string_view text, bool entities) {
    const bool is_root = names_.size() == 1 && read_.root && read_.root->text.empty() && !root_has_child_;
    if (!is_root && open_.empty()) return;
    const auto resolved = entities ? resolve_entities(text) : std::string{text};
    if (is_root) read_.root->text = resolved;
    for (auto& open : open_) {
      if (open.depth != names_.size() || open.told) continue;
      open.told = true;
      found_(open.probe, {Value::Type::string, resolved});
    }
  }

  void skip(std::string_view end) {
    const auto found = text_.find(end, at_ + 2);
    if (found == npos) return cut();
    at_ = found + end.size();
  }

  void document_type(std::string_view rest) {
    if (text::iequals(rest.substr(0, 14), "<!doctype html")) read_.html = true;
    std::size_t brackets = 0;
    for (std::size_t i = 2; i < rest.size(); ++i) {
      if (rest[i] == '[') ++brackets;
      if (rest[i] == ']' && brackets > 0) --brackets;
      if (rest[i] == '>' && brackets == 0) {
        at_ += i + 1;
        return;
      }
    }
    cut();
  }

  static std::string_view take_name(std::string_view& rest) noexcept {
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_name_character);
    const auto name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(name.size());
    return name;
  }
  static void skip_blanks(std::string_view& rest) noexcept {
    rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  }

  void end_tag(std::string_view rest) {
    const auto all = rest.size();
    rest.remove_prefix(2);
    const auto name = take_name(rest);
    skip_blanks(rest);
    if (rest.empty()) return cut();
    if (rest.front() != '>' || names_.empty() || name != names_.back()) return fail();
    at_ += all - rest.size() + 1;
    close();
  }

  void start_tag(std::string_view rest) {
    const auto all = rest.size();
    rest.remove_prefix(1);
    XmlTag tag;
    tag.name = take_name(rest);
    if (tag.name.empty() || (names_.empty() && read_.root) || names_.size() >= kMaxNesting) return fail();
    if (!take_attributes(rest, tag)) return;
    const bool closed = rest.front() == '/';
    at_ += all - rest.size() + (closed ? 2 : 1);
    open(tag);
    if (closed) close();
  }

  /// Up to the '>' or "/>" that ends the tag; false where it does not come.
  bool take_attributes(std::string_view& rest, XmlTag& tag) {
    for (;;) {
      skip_blanks(rest);
      if (rest.empty() || rest == "/") return cut(), false;
      if (rest.front() == '>' || rest.starts_with("/>")) return true;
      const auto name = take_name(rest);
      skip_blanks(rest);
      if (rest.empty()) return cut(), false;
      if (name.empty() || rest.front() != '=') return fail(), false;
      rest.remove_prefix(1);
      skip_blanks(rest);
      if (rest.empty()) return cut(), false;
      const char quote = rest.front();
      if (quote != '"' && quote != '\'') return fail(), false;
      const auto end = rest.find(quote, 1);
      if (end == npos) return cut(), false;
      if (wants_attributes(tag) && tag.attributes.size() < kMaxAttributes)
        tag.attributes.emplace_back(name, resolve_entities(rest.substr(1, end - 1)));
      rest.remove_prefix(end + 1);
    }
  }

  /// Most tags of a feed are of no interest: then nothing of them is copied.
  bool wants_attributes(const XmlTag& tag) const {
    return names_.empty() || !probes_.empty() || tag.local_name() == kItemAttribute || is_noted(tag);
  }
  bool is_noted(const XmlTag& tag) const {
    return !note_.empty() && !read_.noted && text::iequals(tag.local_name(), note_);
  }

  void open(XmlTag& tag) {
    const bool is_root = names_.empty();
    root_has_child_ = root_has_child_ || !is_root;
    names_.push_back(tag.name);
    for (std::size_t i = 0; i < probes_.size(); ++i) follow(i, tag);
    if (is_noted(tag)) read_.noted = tag;
    if (tag.local_name() == kItemAttribute) note_attribute(tag);
    if (!is_root) return;
    read_.html = read_.html || text::iequals(tag.name, "html");
    read_.root = std::move(tag);
  }

  void note_attribute(const XmlTag& tag) {
    const auto* const name = tag.attribute("name");
    const auto* const value = tag.attribute("value");
    if (name != nullptr && value != nullptr) items_.note(*name, *value);
  }

  void follow(std::size_t number, const XmlTag& tag) {
    auto& probe = probes_[number];
    if (probe.agreed() + 1 != names_.size() || probe.all_agreed() || probe.next() != tag.name) return;
    probe.agree();
    if (probe.all_agreed()) {
      open_.push_back({number, names_.size()});
    } else if (probe.is_last_next() && probe.next().starts_with('@')) {
      const auto wanted = probe.next().substr(1);
      for (const auto& [name, value] : tag.attributes) {
        if (name == wanted) found_(number, {Value::Type::string, value});
      }
    }
  }

  void close() {
    // An element that is empty is there all the same.
    for (const auto& open : open_) {
      if (open.depth == names_.size() && !open.told) found_(open.probe, {Value::Type::string, {}});
    }
    std::erase_if(open_, [&](const Open& open) { return open.depth == names_.size(); });
    names_.pop_back();
    for (auto& probe : probes_) probe.agree_at_most(names_.size());
  }

  void fail() noexcept { read_.shape = Shape::broken; }
  void cut() noexcept { read_.shape = Shape::cut_off; }

  std::string_view text_;
  std::string_view note_;
  const OnValue& found_;
  std::vector<PlaceProbe> probes_;
  std::vector<Open> open_;
  std::vector<std::string_view> names_;  // of the elements around the current place
  std::size_t at_ = 0;
  bool root_has_child_ = false;
  ItemNotes items_;
  XmlRead read_;
};

}  // namespace

std::string_view XmlTag::local_name() const noexcept {
  const auto colon = name.rfind(':');
  return colon == npos ? name : name.substr(colon + 1);
}

const std::string* XmlTag::attribute(std::string_view wanted) const noexcept {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& each) { return text::iequals(each.first, wanted); });
  return found == attributes.end() ? nullptr : &found->second;
}

XmlRead read_xml(std::string_view text, const XmlQuestion& question, const OnValue& found) {
  XmlPass reader{text, question, found};
  reader.advance(text.size());
  return reader.end();
}

std::unique_ptr<Pass<XmlRead>> xml_pass(std::string_view text, const XmlQuestion& question, const OnValue& found) {
  return std::make_unique<XmlPass>(text, question, found);
}

}  // namespace cachearr::content
