#include <algorithm>
#include <nghttp2/nghttp2.h>

#include "net/http2_connection_impl.hpp"

namespace cachearr::net {

namespace {

constexpr std::size_t kFrameHeader = 9;

/// Frames that cost more than they weigh and ask for nothing.
bool is_control(const nghttp2_frame_hd& frame) noexcept {
  switch (frame.type) {
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PRIORITY: return true;
    case NGHTTP2_DATA: return frame.length == 0 && (frame.flags & NGHTTP2_FLAG_END_STREAM) == 0;
    default: return false;
  }
}

using Http2Impl = Http2Connection::Impl;

Http2Impl& http2_of(void* user_data) noexcept { return *static_cast<Http2Impl*>(user_data); }

int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user_data) noexcept {
  auto& it = http2_of(user_data);
  it.reading = frame->hd.stream_id;
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) it.streams.try_emplace(frame->hd.stream_id, it.limits.head_bytes);
  return 0;
}

int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
              const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user_data) noexcept {
  auto* const stream = http2_of(user_data).find(frame->hd.stream_id);
  // What stands behind a body is read over, as it is in HTTP/1.
  if (stream && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
    stream->request.add(bytes_view(name, name_size), bytes_view(value, value_size));
  return 0;
}

/// What the library would leave out of a request silently.
int on_invalid_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t*, std::size_t,
                      const std::uint8_t*, std::size_t, std::uint8_t, void* user_data) noexcept {
  return http2_of(user_data).malformed(frame->hd.stream_id);
}

int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) noexcept {
  auto& it = http2_of(user_data);
  const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (frame->hd.type == NGHTTP2_RST_STREAM) it.count(it.budgets.resets);
  if (frame->hd.type == NGHTTP2_HEADERS) it.reading = 0;
  auto* const stream = it.find(frame->hd.stream_id);
  if (!stream) return 0;
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    it.head_is_whole(frame->hd.stream_id, *stream, ends);
  } else if (ends && (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)) {
    it.end_of(frame->hd.stream_id);
  }
  return 0;
}

int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* header, void* user_data) noexcept {
  auto& it = http2_of(user_data);
  if (is_control(*header)) it.count(it.budgets.control);
  return 0;
}

int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
            void* user_data) noexcept {
  auto& it = http2_of(user_data);
  auto* const stream = it.find(id);
  if (stream && stream->is_held) it.tell_request(id, *stream, true);
  if (!stream || !stream->is_told) {
    nghttp2_session_consume_connection(session, size);
    return 0;
  }
  it.tell(Http2Event::Kind::data, id);
  it.events.back().text = bytes_view(data, size);
  return 0;
}

int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user_data) noexcept {
  auto& it = http2_of(user_data);
  if (it.reading == id) it.reading = 0;
  auto* const stream = it.find(id);
  if (stream && stream->is_told) it.tell(Http2Event::Kind::closed, id);
  it.streams.erase(id);
  return 0;
}

/// The answer is complete: what the client still has to say is of no use any more (RFC 9113 8.1).
int on_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) noexcept {
  auto& it = http2_of(user_data);
  const auto id = frame->hd.stream_id;
  // A client may make us reset what it asked for as well as it may reset it.
  if (frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR)
    it.count(it.budgets.resets);
  const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
                    (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA);
  const auto* const stream = ends ? it.find(id) : nullptr;
  if (stream && !stream->ended) nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
  return 0;
}

/// A head that is longer than the library sends would leave its stream open for ever.
int on_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int, void* user_data) noexcept {
  const auto id = frame->hd.stream_id;
  if (frame->hd.type == NGHTTP2_HEADERS && http2_of(user_data).find(id))
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
  return 0;
}

int send_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* header, std::size_t size,
              nghttp2_data_source*, void* user_data) noexcept {
  auto& it = http2_of(user_data);
  if (it.out.size() >= Http2Connection::kOutput) return NGHTTP2_ERR_WOULDBLOCK;
  auto* const stream = it.find(frame->hd.stream_id);
  if (!stream || !stream->body) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  it.out += bytes_view(header, kFrameHeader);
  stream->body->move_to(it.out, size);
  return 0;
}

}  // namespace

ssize_t read_http2_body(nghttp2_session* session, std::int32_t id, std::uint8_t*, std::size_t room,
                        std::uint32_t* flags, nghttp2_data_source*, void* user_data) noexcept {
  auto& it = http2_of(user_data);
  auto* const stream = it.find(id);
  if (!stream || !stream->body) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const auto ready = stream->body->ready();
  const auto size = std::min(ready, room);
  const bool last = size == ready && stream->body->is_last();
  if (size == 0 && !last) return NGHTTP2_ERR_DEFERRED;
  *flags = NGHTTP2_DATA_FLAG_NO_COPY;
  if (!last) return static_cast<ssize_t>(size);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  auto& trailers = it.pairs_of(stream->body->trailers(), false);
  if (!trailers.empty() && nghttp2_submit_trailer(session, id, trailers.data(), trailers.size()) == 0)
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  return static_cast<ssize_t>(size);
}

nghttp2_session_callbacks* make_http2_callbacks() {
  nghttp2_session_callbacks* made = nullptr;
  nghttp2_session_callbacks_new(&made);
  nghttp2_session_callbacks_set_on_begin_frame_callback(made, &on_begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(made, &on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(made, &on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(made, &on_invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, &on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(made, &on_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(made, &on_sent);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(made, &on_not_sent);
  nghttp2_session_callbacks_set_send_data_callback(made, &send_data);
  return made;
}

}  // namespace cachearr::net
