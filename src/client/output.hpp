// What is about to be sent on one connection: heads laid down in one text, bodies by reference, sent in one gathered
// write.
//
// Belongs to a connection while it has something to send; OutputPool lends them, with the memory they have, so that
// idle connections hold none.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/stream.hpp"
#include "store/entry.hpp"

namespace cachearr::client {

class Output {
 public:
  /// The text to append heads to. Call text_done() before anything that is not text, and before slices().
  std::string& text() noexcept { return text_; }
  void text_done();
  /// Bytes that stay valid as long as the entry; the entry is kept until clear().
  void append(const store::EntryPtr& keep, std::string_view bytes);
  /// All bytes of `piece`, which is kept until clear().
  void append(std::shared_ptr<const std::string> piece);
  bool empty() const noexcept { return pieces_.empty() && text_.size() == text_end_; }
  std::size_t bytes() const noexcept;
  std::size_t text_capacity() const noexcept { return text_.capacity(); }
  /// Everything in order; views into this object.
  const std::vector<net::Slice>& slices();
  void clear() noexcept;

 private:
  void append(std::string_view bytes);

  struct Piece {
    const char* data;  // null: `size` bytes of text_ at `at`
    std::size_t at;
    std::size_t size;
  };
  std::string text_;
  std::size_t text_end_ = 0;  // text up to here is in pieces_
  std::vector<Piece> pieces_;
  std::vector<store::EntryPtr> kept_;
  std::vector<std::shared_ptr<const std::string>> kept_pieces_;
  std::vector<net::Slice> slices_;
};

/// One for each worker, touched only on its thread.
class OutputPool {
 public:
  std::unique_ptr<Output> take();
  void give_back(std::unique_ptr<Output> output);

 private:
  static constexpr std::size_t kMost = 16;
  static constexpr std::size_t kLargest = 64 * 1024;  // more text than this is given back to the system
  std::vector<std::unique_ptr<Output>> free_;
};

}  // namespace cachearr::client
