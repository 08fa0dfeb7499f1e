// A rules file as a tree that knows where each of its values stands, so that a reader can say what is wrong and where.
// Used by one thread while it loads.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/json_position.hpp"
#include "base/position.hpp"

namespace cachearr::rules {

class JsonFile;

/// One value. Readers that find another kind than they want add a problem and give nothing. Good as long as its file.
class Node {
 public:
  enum class Kind : std::uint8_t { null, boolean, number, text, array, object };
  Kind kind() const noexcept;
  bool is_null() const noexcept { return kind() == Kind::null; }
  bool is_text() const noexcept { return kind() == Kind::text; }
  bool is_array() const noexcept { return kind() == Kind::array; }
  bool is_object() const noexcept { return kind() == Kind::object; }

  Position at() const;
  void problem(std::string what) const;      // at the value
  void key_problem(std::string what) const;  // at the member's key

  /// True for an object; its members with other names are problems. Otherwise a problem that says `what` it should be.
  bool expect_object(std::string_view what, std::initializer_list<std::string_view> known) const;
  std::optional<Node> get(std::string_view key) const;
  std::vector<std::pair<std::string, Node>> members() const;  // of an object
  std::vector<Node> elements() const;                         // of an array, or itself alone

  std::optional<std::string> text() const;
  std::optional<bool> flag() const;
  std::optional<double> number(double least, double most) const;
  std::optional<std::uint64_t> whole(std::uint64_t least, std::uint64_t most) const;
  std::optional<Duration> duration() const;
  /// A text or an array of texts.
  std::vector<std::string> texts() const;
  /// One of `words`, as its place among them.
  std::optional<std::size_t> word(const std::vector<std::string_view>& words) const;
  std::string dump() const;

 private:
  friend class JsonFile;
  Node(const JsonFile& file, const void* value, std::string pointer)
      : file_{&file}, value_{value}, pointer_{std::move(pointer)} {}
  void wrong_kind(std::string_view wanted) const;

  const JsonFile* file_;
  const void* value_;  // the JSON library's value; its type stays in the .cpp
  std::string pointer_;
};

/// Text and tree of one file. Problems go to the list given, which must outlive it.
class JsonFile {
 public:
  static constexpr std::size_t kMostBytes = 10 * 1024 * 1024;
  JsonFile(std::string name, std::string text, Problems& problems);
  ~JsonFile();
  JsonFile(const JsonFile&) = delete;
  JsonFile& operator=(const JsonFile&) = delete;

  const std::string& name() const noexcept { return name_; }
  /// The document; none where the text is no JSON, which is among the problems then.
  std::optional<Node> root() const;
  /// The same file, with problems going elsewhere.
  void report_to(Problems& problems) noexcept { problems_ = &problems; }

 private:
  friend class Node;
  struct Tree;
  bool check_bytes() const;
  void parse();

  std::string name_, text_;
  std::optional<JsonPositions> positions_;
  std::unique_ptr<Tree> tree_;
  Problems* problems_;
};

}  // namespace cachearr::rules
