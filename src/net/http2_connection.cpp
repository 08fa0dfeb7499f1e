#include "net/http2_connection.hpp"

#include <array>
#include <nghttp2/nghttp2.h>
#include <utility>

#include "net/http2_connection_impl.hpp"

namespace cachearr::net {

namespace {

constexpr std::int32_t kConnectionWindow = 1024 * 1024;  // of all bodies that nobody has taken yet
constexpr std::size_t kMostQueued = 1500;                // frames that wait to be sent (CVE-2019-9514)
constexpr std::size_t kKeptOutput = 4096;  // more memory than this is given back when nothing is to be sent

nghttp2_nv pair_of(const Http2Fields::Field& field) noexcept {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(field.first), bytes(field.second), field.first.size(), field.second.size(), NGHTTP2_NV_FLAG_NONE};
}

std::uint32_t code_of(Http2Connection::Reset why) noexcept {
  switch (why) {
    case Http2Connection::Reset::refused: return NGHTTP2_REFUSED_STREAM;
    case Http2Connection::Reset::cancelled: return NGHTTP2_CANCEL;
    case Http2Connection::Reset::internal: break;
  }
  return NGHTTP2_INTERNAL_ERROR;
}

nghttp2_option* make_options() {
  nghttp2_option* made = nullptr;
  nghttp2_option_new(&made);
  nghttp2_option_set_no_auto_window_update(made, 1);
  nghttp2_option_set_no_closed_streams(made, 1);
  return made;
}

}  // namespace

void Http2Connection::Impl::open() {
  static nghttp2_session_callbacks* const callbacks = make_http2_callbacks();
  static nghttp2_option* const options = make_options();
  nghttp2_session_server_new2(&session, callbacks, this, options);
  const std::array<nghttp2_settings_entry, 3> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.head_bytes)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

std::vector<nghttp2_nv>& Http2Connection::Impl::pairs_of(std::string_view lines, bool with_status) {
  pairs.clear();
  for (const auto& field : fields.read(lines, with_status)) pairs.push_back(pair_of(field));
  return pairs;
}

void Http2Connection::Impl::head_is_whole(Http2StreamId id, Stream& stream, bool ends) {
  stream.ended = ends;
  stream.is_held = !ends && stream.request.may_be_all();
  if (!stream.is_held) tell_request(id, stream, !ends);
}

void Http2Connection::Impl::tell_request(Http2StreamId id, Stream& stream, bool has_body) {
  Http2Event event;
  event.stream = id;
  stream.is_held = false;
  if (!stream.request.finish(has_body, event)) {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_PROTOCOL_ERROR);
    return;
  }
  stream.request = Http2Request{0};
  stream.is_told = true;
  events.push_back(std::move(event));
}

void Http2Connection::Impl::end_of(Http2StreamId id) {
  auto* const stream = find(id);
  stream->ended = true;
  if (stream->is_held) return tell_request(id, *stream, false);
  if (stream->is_told) tell(Http2Event::Kind::end, id);
}

Http2Connection::Http2Connection(const Http2Limits& limits) : impl_{std::make_unique<Impl>(limits)} { impl_->open(); }
Http2Connection::~Http2Connection() = default;

bool Http2Connection::feed(std::string_view bytes, TimePoint now) {
  impl_->now = now;
  const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto taken = nghttp2_session_mem_recv(impl_->session, data, bytes.size());
  impl_->flooded = impl_->flooded || nghttp2_session_get_outbound_queue_size(impl_->session) > kMostQueued;
  // Too many of something, by the library's count.
  const bool calm = taken >= 0 || taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC || taken == NGHTTP2_ERR_CALLBACK_FAILURE;
  if (impl_->flooded || !calm) nghttp2_session_terminate_session(impl_->session, NGHTTP2_ENHANCE_YOUR_CALM);
  impl_->failed = impl_->failed || impl_->flooded || taken < 0;
  return !impl_->failed && nghttp2_session_want_read(impl_->session) != 0;
}

std::vector<Http2Event> Http2Connection::take_events() noexcept { return std::exchange(impl_->events, {}); }

void Http2Connection::answer(Http2StreamId id, std::string_view head, Http2Body* body) {
  auto* const stream = impl_->find(id);
  if (!stream) return;
  stream->body = body;
  nghttp2_data_provider provider{};
  provider.read_callback = &read_http2_body;
  const auto& pairs = impl_->pairs_of(head, true);
  nghttp2_submit_response(impl_->session, id, pairs.data(), pairs.size(), body ? &provider : nullptr);
}

void Http2Connection::inform(Http2StreamId id, std::string_view head) {
  if (!impl_->find(id)) return;
  const auto& pairs = impl_->pairs_of(head, true);
  nghttp2_submit_headers(impl_->session, NGHTTP2_FLAG_NONE, id, nullptr, pairs.data(), pairs.size(), nullptr);
}

void Http2Connection::resume(Http2StreamId stream) noexcept { nghttp2_session_resume_data(impl_->session, stream); }

void Http2Connection::reset(Http2StreamId id, Reset why) noexcept {
  auto* const stream = impl_->find(id);
  if (!stream) return;
  stream->body = nullptr;  // a frame of it may still wait for room
  nghttp2_submit_rst_stream(impl_->session, NGHTTP2_FLAG_NONE, id, code_of(why));
}

void Http2Connection::consumed(Http2StreamId stream, std::size_t bytes) noexcept {
  if (bytes > 0) nghttp2_session_consume(impl_->session, stream, bytes);
}

void Http2Connection::go_away() noexcept {
  const auto last = nghttp2_session_get_last_proc_stream_id(impl_->session);
  nghttp2_submit_goaway(impl_->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

std::string_view Http2Connection::output() {
  auto& out = impl_->out;
  // Also where a part was sent: behind a client that takes a little at a time the whole answer would pile up.
  out.erase(0, std::exchange(impl_->sent, 0));
  while (out.size() < kOutput) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(impl_->session, &bytes);
    if (size < 0) impl_->failed = true;
    if (size <= 0) break;
    out += bytes_view(bytes, static_cast<std::size_t>(size));
  }
  if (out.empty() && out.capacity() > kKeptOutput && impl_->streams.empty()) std::string{}.swap(out);
  return out;
}

void Http2Connection::sent(std::size_t bytes) noexcept { impl_->sent += bytes; }

bool Http2Connection::is_over() const noexcept {
  if (impl_->failed) return true;
  return nghttp2_session_want_read(impl_->session) == 0 && nghttp2_session_want_write(impl_->session) == 0;
}

bool Http2Connection::has_failed() const noexcept { return impl_->failed; }

bool Http2Connection::is_blocked() const noexcept {
  return nghttp2_session_get_remote_window_size(impl_->session) <= 0;
}

bool Http2Connection::is_blocked(Http2StreamId stream) const noexcept {
  return nghttp2_session_get_stream_remote_window_size(impl_->session, stream) <= 0;
}

bool Http2Connection::reads_head() const noexcept { return impl_->reading != 0; }
std::size_t Http2Connection::streams() const noexcept { return impl_->streams.size(); }

}  // namespace cachearr::net
