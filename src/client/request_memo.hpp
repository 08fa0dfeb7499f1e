// What follows from a request's bytes alone, remembered: clients ask for the same in the same words again and again,
// and then the head is not parsed, routed, matched, named and made fit for the log anew.
//
// One for each worker, in its ClientContext; touched only on its thread. Bounded: a table of small sets. Nothing gets
// in that was not asked for twice, and it displaces what its set was asked for least. Forgotten as a whole when the
// rules change.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "client/request_text.hpp"
#include "http/framing.hpp"
#include "http/message.hpp"
#include "pipeline/access.hpp"
#include "pipeline/request_context.hpp"

namespace cachearr::client {

/// A request that was answered from memory, and what is known of it whenever it comes again. Of the context that is all
/// but what the store and the time say, which classify_again() fills in.
struct MemoizedRequest {
  pipeline::RequestContext context;
  RequestText text;
  std::shared_ptr<const pipeline::ListenerInfo> listener;
  std::optional<pipeline::TunnelTarget> tunnel;
};

class RequestMemo {
 public:
  static constexpr std::size_t kLongestHead = 2048;
  /// Requests that all workers together remember, and each of them where they are many. One takes about two kilobytes.
  static constexpr std::size_t kMostOfAll = 8192, kLeastOfEach = 1024;

  explicit RequestMemo(std::size_t workers = 1);
  ~RequestMemo();
  RequestMemo(RequestMemo&&) noexcept = default;
  RequestMemo& operator=(RequestMemo&&) noexcept = default;

  /// The request that `input` begins with, where it came by the same way before and is decided by the
  /// same configuration; else null. Valid until the next call.
  MemoizedRequest* find(std::string_view input, const pipeline::ConnectionInfo& connection,
                        const pipeline::SnapshotPtr& snapshot) noexcept;
  /// True where the request that find() did not know came before: it is worth keep().
  bool is_repeated() noexcept;
  /// Keeps the request that find() did not know.
  void keep(std::unique_ptr<MemoizedRequest> memoized);
  void clear() noexcept;

 private:
  struct Slot {
    std::uint64_t hash = 0;  // of `memoized`
    std::uint8_t uses = 0;   // halved whenever something displaces another slot of the set
    std::unique_ptr<MemoizedRequest> memoized;
  };
  static constexpr std::size_t kSlots = 4;
  struct Set {
    std::uint64_t newcomer = 0;  // hash of the last request that belongs here and is not known
    std::array<Slot, kSlots> slots;

    Slot* find(std::uint64_t hash) noexcept;
    Slot& least_used() noexcept;
  };

  Set& set() noexcept { return sets_[asked_ & (sets_.size() - 1)]; }

  std::vector<Set> sets_;    // a power of two of them
  std::uint64_t asked_ = 0;  // hash of the request that find() looked for; 0: none that could be kept
};

}  // namespace cachearr::client
