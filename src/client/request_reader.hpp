// Reads the journals of all workers as one sequence, in the order in which the requests ended.
//
// Owned by whoever reads, on one thread; the journals outlive it.
#pragma once

#include <cstdint>
#include <vector>

#include "client/request_journal.hpp"

namespace cachearr::client {

using Journals = std::vector<const RequestJournal*>;

class RequestReader {
 public:
  /// Of all workers together.
  static constexpr std::size_t kMost = 2000;

  /// `most`: at most so many in one batch, up to what a journal holds.
  explicit RequestReader(Journals journals, std::size_t most = kMost)
      : most_{most}, positions_(journals.size()), journals_{std::move(journals)} {}

  struct Batch {
    std::vector<RecordedRequest> requests;  // ids grow
    std::uint64_t lost = 0;                 // that were overwritten unread, or are more than `most`
  };
  /// What has ended since the last call; everything that is still there at the first one. No later batch holds an id
  /// below one of this batch.
  Batch read();

 private:
  std::size_t most_;
  std::vector<std::uint64_t> positions_;
  Journals journals_;
};

/// The clients of all workers, whoever was seen last first.
std::vector<SeenClient> seen_clients(const Journals& journals);

}  // namespace cachearr::client
