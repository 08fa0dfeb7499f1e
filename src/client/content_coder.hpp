// Stored answers in a coding that the client takes (RFC 9110 12.5.3): what is stored in another one is decoded, and,
// where that is asked for, text that is stored as it is goes out as gzip or br. What is small is converted at once and
// kept for a while; what is not is left to who can do it in steps. One for each worker, touched only on its thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "content/coding.hpp"
#include "http/message.hpp"
#include "store/entry.hpp"

namespace cachearr::client {

/// What a client gets of a stored answer.
struct Fitting {
  enum class Kind : std::uint8_t {
    ready,     // `made`, or the stored answer itself
    in_steps,  // the stored body decoded step by step; `made` is the head of that, without a length
    anew       // nothing of it: to be fetched in codings of the client's own choice
  } kind = Kind::ready;
  store::EntryPtr made = {};
  bool varies = false;      // "Vary: Accept-Encoding" is to be said, as the head does not
  std::string coding = {};  // in_steps: what is to be undone
};

class ContentCoder {
 public:
  explicit ContentCoder(std::uint64_t max_bytes) : max_bytes_{max_bytes} {}

  /// `packs_text`: plain text goes out packed where that is welcome, and not only where plain text is refused.
  Fitting fit(const store::EntryPtr& entry, const http::RequestHead& request, bool packs_text);
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Kept {
    store::EntryMeta of;   // what it was made of
    store::EntryPtr made;  // null: not worth it, or not possible
    bool in_steps = false;
  };
  Fitting fit_plain(const store::EntryPtr& entry, const http::ResponseHead& head, const http::RequestHead& request,
                    bool packs_text);
  static Kept convert(const store::Entry& entry, std::string_view coding, content::Coding to);
  Kept converted(const store::EntryPtr& entry, std::string_view coding, content::Coding to);
  void drop_oldest();

  const std::uint64_t max_bytes_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<Hash128, Kept> kept_;
  std::deque<Hash128> order_;  // oldest first
};

}  // namespace cachearr::client
