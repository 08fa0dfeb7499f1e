// One place in a body that a reader is asked for, a path of names, and how far the containers around the current place
// agree with it. Allocates nothing, since a handful of them is made for each body. Used by one reader.
#pragma once

#include <cstddef>
#include <string_view>

namespace cachearr::content {

class PlaceProbe {
 public:
  /// Names separated by '/'. REQUIRES: the text of `path` lives as long.
  explicit PlaceProbe(std::string_view path) noexcept : path_{path} {}

  std::size_t agreed() const noexcept { return agreed_; }
  bool all_agreed() const noexcept { return next_ > path_.size(); }
  bool is_last_next() const noexcept { return !all_agreed() && path_.find('/', next_) == std::string_view::npos; }
  /// The name behind those that agree. REQUIRES: not all_agreed().
  std::string_view next() const noexcept {
    const auto rest = path_.substr(next_);
    return rest.substr(0, rest.find('/'));
  }
  /// REQUIRES: not all_agreed().
  void agree() noexcept {
    next_ += next().size() + 1;
    ++agreed_;
  }
  /// Where containers end: not more than `most` of them are around.
  void agree_at_most(std::size_t most) noexcept {
    if (agreed_ <= most) return;
    agreed_ = next_ = 0;
    while (agreed_ < most) agree();
  }

 private:
  std::string_view path_;
  std::size_t agreed_ = 0;
  std::size_t next_ = 0;  // where the next name begins; behind the end: all agree
};

}  // namespace cachearr::content
