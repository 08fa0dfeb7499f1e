#include "client/output.hpp"

#include <utility>

namespace cachearr::client {

void Output::text_done() {
  if (text_.size() == text_end_) return;
  pieces_.push_back({nullptr, text_end_, text_.size() - text_end_});
  text_end_ = text_.size();
}

void Output::append(const store::EntryPtr& keep, std::string_view bytes) {
  append(bytes);
  if (kept_.empty() || kept_.back().get() != keep.get()) kept_.push_back(keep);
}

void Output::append(std::shared_ptr<const std::string> piece) {
  append(std::string_view{*piece});
  kept_pieces_.push_back(std::move(piece));
}

void Output::append(std::string_view bytes) {
  text_done();
  if (!bytes.empty()) pieces_.push_back({bytes.data(), 0, bytes.size()});
}

std::size_t Output::bytes() const noexcept {
  std::size_t total = text_.size() - text_end_;
  for (const auto& piece : pieces_) total += piece.size;
  return total;
}

const std::vector<net::Slice>& Output::slices() {
  text_done();
  slices_.clear();
  for (const auto& piece : pieces_)
    slices_.push_back({const_cast<char*>(piece.data ? piece.data : text_.data() + piece.at), piece.size});
  return slices_;
}

void Output::clear() noexcept {
  text_.clear();
  text_end_ = 0;
  pieces_.clear();
  kept_.clear();
  kept_pieces_.clear();
  slices_.clear();
}

std::unique_ptr<Output> OutputPool::take() {
  if (free_.empty()) return std::make_unique<Output>();
  auto output = std::move(free_.back());
  free_.pop_back();
  return output;
}

void OutputPool::give_back(std::unique_ptr<Output> output) {
  if (free_.size() >= kMost || output->text_capacity() > kLargest) return;
  output->clear();
  free_.push_back(std::move(output));
}

}  // namespace cachearr::client
