// Which cache partition a request belongs to: a keyed hash of the credentials it presents, never the credentials
// themselves. Owned by one worker; its memory is reused from request to request.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cachearr::rules {

class Partition {
 public:
  void clear() noexcept { items_.clear(); }
  /// `where` is 'h' a header field, whose name has no case, 'p' a path segment, 'q' a query parameter or 'c' a capture.
  void add(char where, std::string_view name, std::string_view value) {
    items_.push_back({where, items_.size(), name, value});
  }
  /// What was added first of this kind and name, whose case does not matter; null: nothing.
  const std::string_view* find(char where, std::string_view name) const noexcept;
  bool empty() const noexcept { return items_.empty(); }
  /// Appends 32 hexadecimal digits, or "-" where no credential was added. The order of adding matters only among items
  /// of one name: an origin may look at the first of them or at the last.
  void append_to(std::string& out, std::string_view secret);

 private:
  struct Item {
    char where;
    std::size_t order;
    std::string_view name, value;
  };
  /// An HMAC costs more than the rest of a hit, and a household presents few credentials: the last ones are kept. The
  /// whole text is compared, so that a kept hash is never given to another credential.
  struct Known {
    std::string canonical, secret, digits;
  };
  void write_canonical();
  void append_hash(std::string& out, std::string_view secret);

  std::vector<Item> items_;
  std::string canonical_;
  std::array<Known, 64> known_;
};

}  // namespace cachearr::rules
