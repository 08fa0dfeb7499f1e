// Field lines of one message as views into the bytes they were read from. The owner of those bytes must outlive the
// list. A list belongs to one thread; clearing keeps its memory, so a reused list allocates nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cachearr::http {

/// The names this program looks at; at most 64, so that presence is one bit. `other` is any other name.
enum class FieldId : std::uint8_t {
  other,
  accept,
  accept_encoding,
  accept_language,
  age,
  alt_svc,
  authorization,
  cache_control,
  cache_status,
  cdn_cache_control,
  connection,
  content_encoding,
  content_language,
  content_length,
  content_location,
  content_range,
  content_type,
  cookie,
  date,
  etag,
  expect,
  expires,
  forwarded,
  host,
  http2_settings,
  if_match,
  if_modified_since,
  if_none_match,
  if_range,
  if_unmodified_since,
  keep_alive,
  last_modified,
  location,
  max_forwards,
  origin,
  pragma,
  proxy_authenticate,
  proxy_authentication_info,
  proxy_authorization,
  proxy_connection,
  range,
  referer,
  retry_after,
  server,
  set_cookie,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  vary,
  via,
  warning,
  www_authenticate,
  x_api_key,
  count
};
static_assert(static_cast<int>(FieldId::count) <= 64);

/// Case-insensitive; `other` for a name that is none of the above.
FieldId field_id(std::string_view name) noexcept;
/// The canonical spelling; empty for `other`.
std::string_view field_name(FieldId id) noexcept;

struct Field {
  std::string_view name;
  std::string_view value;  // without leading and trailing white space
  FieldId id = FieldId::other;
};

/// Whether two fields have one name (RFC 9110 5.1: whatever its case).
bool same_name(const Field& a, const Field& b) noexcept;
/// Appends "name: value" and the end of a line.
void append_field(std::string& out, std::string_view name, std::string_view value);

class FieldList {
 public:
  void add(std::string_view name, std::string_view value) { add(field_id(name), name, value); }
  void add(FieldId id, std::string_view name, std::string_view value);
  void clear() noexcept { items_.clear(), present_ = 0; }

  bool has(FieldId id) const noexcept { return (present_ >> static_cast<unsigned>(id)) & 1U; }
  /// First field of that name, or nullptr.
  const Field* find(FieldId id) const noexcept;
  const Field* find(std::string_view name) const noexcept;
  /// Value of the first field of that name, or an empty view.
  std::string_view value(FieldId id) const noexcept;
  std::size_t count(FieldId id) const noexcept;
  /// All values of that name joined by ", " (RFC 9110 5.3).
  std::string joined(FieldId id) const;
  std::string joined(std::string_view name) const;
  /// Whether a list in fields of that name has this member, whatever its case (RFC 9110 5.6.1).
  bool lists(FieldId id, std::string_view member) const;
  /// Removes every field of that name; true if there was one.
  bool remove(FieldId id) noexcept;
  bool remove(std::string_view name) noexcept;

  auto begin() const noexcept { return items_.begin(); }
  auto end() const noexcept { return items_.end(); }
  std::size_t size() const noexcept { return items_.size(); }
  /// Moves every view by the distance between two copies of the same bytes.
  void rebase(const char* from, const char* to) noexcept;

 private:
  std::vector<Field> items_;
  std::uint64_t present_ = 0;
};

/// Whether Vary says that the response was chosen by Accept-Encoding, or by everything.
bool varies_by_coding(const FieldList& fields);

}  // namespace cachearr::http
