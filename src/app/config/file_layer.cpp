#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "app/config/config_builder.hpp"
#include "app/config/settings.hpp"
#include "base/json_position.hpp"
#include "base/text.hpp"

namespace cachearr::app {
namespace {

constexpr std::size_t largest_file = 1024 * 1024;  // a hundred times more than every setting with its comment

/// Walks the members of the file against the table of settings.
class FileLayer {
 public:
  FileLayer(const JsonPositions& positions, std::string folder, ConfigBuilder& builder)
      : positions_{positions}, folder_{std::move(folder)}, builder_{builder} {}

  void section(const nlohmann::json& object, const std::string& path, const std::string& pointer) {
    for (const auto& [name, value] : object.items()) {
      const auto inner_pointer = json_pointer(pointer, name);
      if (path.empty() && name == "$schema") continue;
      auto inner_path = path;
      if (!path.empty()) inner_path += '.';
      inner_path += name;
      member(value, name, inner_path, inner_pointer, path);
    }
  }

 private:
  void member(const nlohmann::json& value, const std::string& name, const std::string& path, const std::string& pointer,
              const std::string& parent) {
    if (const auto* setting = find_setting(path)) {
      builder_.set_at[path] = positions_.value(pointer);
      const auto before = static_cast<std::ptrdiff_t>(builder_.problems.size());
      for (const auto& error : setting->set(builder_.config, {value, false, folder_})) {
        report(path, pointer, error);
      }
      if (path == "listeners") place_listeners(pointer);
      if (value.is_array()) keep_list(path, value, before);
      return;
    }
    if (name.find('.') != std::string::npos || names_below(path).empty()) return unknown(name, pointer, parent);
    if (path == "access.basic_auth" && value.is_object() && value.empty())
      return builder_.problems.push_back(
          {positions_.value(pointer), "\"" + path + "\" needs a \"user\" and a \"password_file\", or null"});
    if (value.is_object()) return section(value, path, pointer);
    if (path == "access.basic_auth" && value.is_null()) return;
    builder_.problems.push_back(
        {positions_.value(pointer), "\"" + path + "\" must be an object in { }, not " + kind_of(value)});
  }

  /// `before`: so many problems there were before it was read.
  void keep_list(const std::string& path, const nlohmann::json& members, std::ptrdiff_t before) {
    auto& problems = builder_.problems;
    builder_.lists[path] = {members, folder_, {}, {problems.begin() + before, problems.end()}};
    problems.erase(problems.begin() + before, problems.end());
  }

  void place_listeners(const std::string& pointer) {
    auto& listeners = builder_.config.listeners;
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      const auto at = positions_.value(json_pointer(json_pointer(pointer, i), "upstream"));
      listeners[i].file = at.file;
      listeners[i].line = at.line;
      listeners[i].column = at.column;
    }
  }

  void report(const std::string& path, const std::string& pointer, const ValidationError& error) {
    const auto whole = pointer + error.pointer;
    if (error.at_key) return builder_.problems.push_back({positions_.key(whole), error.message});
    auto shown = path;
    for (const auto step : text::split(error.pointer, '/')) {
      if (!step.empty()) shown += text::parse_unsigned(step) ? "[" + std::string{step} + "]" : "." + std::string{step};
    }
    builder_.problems.push_back({positions_.value(whole), "\"" + shown + "\" " + error.message});
  }

  void unknown(const std::string& name, const std::string& pointer, const std::string& parent) {
    auto message = "unknown setting \"" + name + "\"";
    if (!parent.empty()) message += " in \"" + parent + "\"";
    std::string elsewhere;
    for (const auto& setting : settings()) {
      if (setting.path.ends_with("." + name)) elsewhere = setting.path;
    }
    message += elsewhere.empty() ? hint(name, names_below(parent)) : ", did you mean '" + elsewhere + "'?";
    builder_.problems.push_back({positions_.key(pointer), std::move(message)});
  }

  const JsonPositions& positions_;
  std::string folder_;
  ConfigBuilder& builder_;
};

/// The text of the file, or a problem.
std::optional<std::string> read_file(const std::string& path, Problems& problems) {
  const auto refuse = [&](const std::string& why) {
    problems.push_back({{path, 0, 0}, why});
    return std::nullopt;
  };
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return refuse("is a folder; name a file");
  std::ifstream file{path, std::ios::binary};
  if (!file) return refuse("cannot be read: " + std::generic_category().message(errno));
  std::string text;
  text.reserve(4096);
  for (std::istreambuf_iterator<char> at{file}, end; at != end; ++at) {
    if (text.size() == largest_file) return refuse("is larger than 1 MiB; this is no configuration file");
    text.push_back(*at);
  }
  return text;
}

/// True where every line is UTF-8 without NUL.
bool check_encoding(const std::string& path, const std::string& text, Problems& problems) {
  std::size_t number = 0;
  for (const auto line : text::split(text, '\n')) {
    ++number;
    if (text::is_utf8(line)) continue;
    problems.push_back({{path, number, 1}, "this line is not UTF-8 text; save the file as UTF-8"});
    return false;
  }
  return true;
}

}  // namespace

bool apply_file(const std::string& path, ConfigBuilder& builder) {
  const auto text = read_file(path, builder.problems);
  if (!text || !check_encoding(path, *text, builder.problems)) return false;
  const JsonPositions positions{path, *text};
  builder.problems.insert(builder.problems.end(), positions.problems().begin(), positions.problems().end());
  if (!positions.sound()) return false;
  const auto root = nlohmann::json::parse(*text, nullptr, false, true);
  if (!root.is_object()) {
    builder.problems.push_back(
        {positions.value(""), "the configuration must be an object in { }, not " + kind_of(root)});
    return false;
  }
  std::error_code error;
  const auto folder =
      builder.folder.empty() ? std::filesystem::absolute(path, error).parent_path().string() : builder.folder;
  FileLayer{positions, folder, builder}.section(root, "", "");
  return true;
}

}  // namespace cachearr::app
