// What a match bound, by name. Owned by a request and reused from one to the next; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cachearr::rules {

/// Named captures of a match. Names point into the RuleSet, values are copies in the form that keys use:
/// percent-encoding normalised, and ':' '/' '?' '*' '|' '{' '}' always encoded, so that no value can pose as a part of
/// a key or a pattern. What looks like a secret is shown as ***. A cleared object keeps its memory.
class Captures {
 public:
  struct Item {
    std::string_view name;
    std::string value;   // as it may be shown
    std::string hidden;  // what is not shown; empty where all of it is
    /// What was captured.
    std::string_view real() const noexcept { return hidden.empty() ? value : hidden; }
  };
  void clear() noexcept { used_ = 0; }
  /// A fresh, empty value of that name to write into. REQUIRES: the name outlives this object.
  std::string& add(std::string_view name);
  /// Hides the value that was added last where it looks like a secret or holds one.
  void hide_secret();
  /// The first value of that name as it may be shown; empty where there is none.
  std::string_view find(std::string_view name) const noexcept;
  /// The same as it was captured: for hashes alone.
  std::string_view real(std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept;
  std::size_t size() const noexcept { return used_; }
  auto begin() const noexcept { return slots_.begin(); }
  auto end() const noexcept { return slots_.begin() + static_cast<std::ptrdiff_t>(used_); }

 private:
  const Item* item(std::string_view name) const noexcept;

  std::vector<Item> slots_;
  std::size_t used_ = 0;
};

/// Fills a template such as "series:{id}" from captures; an unknown name gives an empty string.
std::string expand(std::string_view text, const Captures& captures);

}  // namespace cachearr::rules
