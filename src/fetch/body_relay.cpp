#include "fetch/body_relay.hpp"

namespace cachearr::fetch {

void BodyRelay::begin(BodyMode mode, const BodyBounds& bounds) noexcept {
  mode_ = mode;
  bounds_ = bounds;
}

BodyRelay::Change BodyRelay::append(std::string_view piece) {
  shared_fetch_.append(piece, mode_ != BodyMode::pass);
  bytes_ += piece.size();
  if (is_stored(mode_) && bytes_ > bounds_.store) {
    mode_ = BodyMode::pass;
    return Change::too_large_to_store;
  }
  if (!is_shown(mode_) && bytes_ > bounds_.buffer) {
    mode_ = is_stored(mode_) ? BodyMode::stream_and_inspect : BodyMode::pass;
    return Change::too_long_to_buffer;
  }
  return Change::none;
}

void BodyRelay::give_up_storing() noexcept {
  switch (mode_) {
    case BodyMode::stream:
    case BodyMode::stream_and_inspect: mode_ = BodyMode::pass; break;
    case BodyMode::buffer_and_inspect: mode_ = BodyMode::buffer; break;
    case BodyMode::pass:
    case BodyMode::buffer: break;
  }
}

}  // namespace cachearr::fetch
