// What an Http2Connection holds, and what the library calls back. Private to http2_connection.cpp and
// http2_callbacks.cpp.
#pragma once

#include <cstddef>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/http2_connection.hpp"
#include "net/http2_fields.hpp"
#include "net/http2_flood.hpp"
#include "net/http2_request.hpp"

namespace cachearr::net {

inline std::string_view bytes_view(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

struct Http2Connection::Impl {
  struct Stream {
    explicit Stream(std::size_t limit) : request{limit} {}
    Http2Request request;
    Http2Body* body = nullptr;
    bool is_held = false;  // its head is whole, and what comes next tells whether it has a body
    bool is_told = false;  // its request went out as an event, so its end has to
    bool ended = false;    // the client has said all
  };

  explicit Impl(const Http2Limits& of) : limits{of} {}
  ~Impl() { nghttp2_session_del(session); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void open();
  Stream* find(Http2StreamId id) noexcept {
    const auto found = streams.find(id);
    return found == streams.end() ? nullptr : &found->second;
  }
  void tell(Http2Event::Kind kind, Http2StreamId stream) {
    auto& event = events.emplace_back();
    event.kind = kind;
    event.stream = stream;
  }
  /// The lines as the library takes them; valid until the next call.
  std::vector<nghttp2_nv>& pairs_of(std::string_view lines, bool with_status);
  int malformed(Http2StreamId stream) const noexcept {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_PROTOCOL_ERROR);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  void count(FrameBudget& budget) noexcept { flooded = !budget.take(now) || flooded; }
  void head_is_whole(Http2StreamId id, Stream& stream, bool ends);
  void tell_request(Http2StreamId id, Stream& stream, bool has_body);
  void end_of(Http2StreamId id);

  Http2Limits limits;
  nghttp2_session* session = nullptr;
  std::unordered_map<Http2StreamId, Stream> streams;
  std::vector<Http2Event> events;
  Http2Fields fields;
  std::vector<nghttp2_nv> pairs;
  std::string out;
  std::size_t sent = 0;  // of `out`
  FrameBudgets budgets;
  TimePoint now{};
  Http2StreamId reading = 0;  // the stream whose head has begun; 0: none
  bool flooded = false;
  bool failed = false;
};

/// What the library calls for every connection; lives for ever.
nghttp2_session_callbacks* make_http2_callbacks();
/// Gives the library the body of a stream; of nghttp2_data_provider.
ssize_t read_http2_body(nghttp2_session* session, std::int32_t id, std::uint8_t* into, std::size_t room,
                        std::uint32_t* flags, nghttp2_data_source* source, void* user_data) noexcept;

}  // namespace cachearr::net
