// The other side of an Http2Connection: the library's client, and frames that no well-behaved client would send.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http2_connection.hpp"

namespace cachearr::net::test {

/// A frame as it goes over the wire (RFC 9113 4.1).
inline std::string frame(unsigned type, unsigned flags, std::uint32_t stream, std::string_view payload) {
  std::string out;
  const auto put = [&](std::uint32_t value, int bytes) {
    while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes));
  };
  put(static_cast<std::uint32_t>(payload.size()), 3);
  put(type, 1);
  put(flags, 1);
  put(stream, 4);
  return out.append(payload);
}

inline std::string greeting() { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, {}); }

/// A field that is in no table, as HPACK writes it (RFC 7541 6.2.2). REQUIRES: both are shorter than 127.
inline std::string literal(std::string_view name, std::string_view value) {
  std::string out{'\0', static_cast<char>(name.size())};
  out.append(name);
  out += static_cast<char>(value.size());
  return out.append(value);
}

class Http2Client {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  struct Answer {
    Fields fields;
    std::vector<std::string> interim;  // their statuses
    std::string body;
    bool closed = false;
    std::uint32_t error = 0;
    std::string field(std::string_view name) const {
      for (const auto& [key, value] : fields)
        if (key == name) return value;
      return {};
    }
  };

  explicit Http2Client(std::uint32_t window = 65535) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &on_frame);
    nghttp2_option* options = nullptr;
    nghttp2_option_new(&options);
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_session_client_new2(&session_, callbacks, this, options);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
  }
  ~Http2Client() { nghttp2_session_del(session_); }
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  /// `body`: null where there is none; sent as a whole. REQUIRES: it lives as long as the client.
  Http2StreamId ask(const Fields& fields, const std::string* body = nullptr) {
    std::vector<nghttp2_nv> pairs;
    for (const auto& [name, value] : fields)
      pairs.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    nghttp2_data_provider provider{};
    provider.source.ptr = const_cast<std::string*>(body);
    provider.read_callback = &read;
    return nghttp2_submit_request(session_, nullptr, pairs.data(), pairs.size(), body ? &provider : nullptr, nullptr);
  }
  Http2StreamId get(const std::string& path, Fields more = {}) {
    Fields fields{{":method", "GET"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", path}};
    fields.insert(fields.end(), more.begin(), more.end());
    return ask(fields);
  }
  void cancel(Http2StreamId stream) { nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL); }
  void take_body(Http2StreamId stream, std::size_t size) { nghttp2_session_consume(session_, stream, size); }

  /// Lets both sides talk until neither has anything more to say; false where the connection ended.
  bool talk(Http2Connection& server, Http2Connection::TimePoint now = {}) {
    for (;;) {
      const std::uint8_t* out = nullptr;
      const auto size = nghttp2_session_mem_send(session_, &out);
      if (size > 0 && !server.feed({reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)}, now))
        return hear(server), false;
      if (!hear(server) && size <= 0) return true;
    }
  }
  /// Takes what the server has to say; false where it was nothing.
  bool hear(Http2Connection& server) {
    bool any = false;
    for (auto said = server.output(); !said.empty(); said = server.output(), any = true) {
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(said.data()), said.size());
      server.sent(said.size());
    }
    return any;
  }

  std::map<Http2StreamId, Answer> answers;
  bool told_to_go = false;
  std::uint32_t why_to_go = 0;

 private:
  static std::uint8_t* bytes(const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  static std::string text(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
  }
  static Http2Client& me(void* user) { return *static_cast<Http2Client*>(user); }
  static int on_header(nghttp2_session*, const nghttp2_frame* of, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    auto& answer = me(user).answers[of->hd.stream_id];
    answer.fields.emplace_back(text(name, name_size), text(value, value_size));
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
                     void* user) {
    me(user).answers[id].body += text(data, size);
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
    me(user).answers[id].closed = true;
    me(user).answers[id].error = error;
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* of, void* user) {
    if (of->hd.type == NGHTTP2_GOAWAY) {
      me(user).told_to_go = true;
      me(user).why_to_go = of->goaway.error_code;
    }
    auto& answer = me(user).answers[of->hd.stream_id];
    if (of->hd.type == NGHTTP2_HEADERS && answer.field(":status").starts_with('1')) {
      answer.interim.push_back(answer.field(":status"));
      answer.fields.clear();
    }
    return 0;
  }
  static ssize_t read(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room, std::uint32_t* flags,
                      nghttp2_data_source* source, void* user) {
    const auto& body = *static_cast<const std::string*>(source->ptr);
    auto& at = me(user).uploaded_[source->ptr];
    const auto size = body.copy(reinterpret_cast<char*>(into), room, at);
    at += size;
    if (at == body.size()) *flags = NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  nghttp2_session* session_ = nullptr;
  std::map<const void*, std::size_t> uploaded_;
};

/// A body that stands in a text.
class TextBody final : public Http2Body {
 public:
  explicit TextBody(std::string text = {}, bool last = true) : rest{std::move(text)}, complete{last} {}
  std::size_t ready() const noexcept override { return rest.size(); }
  bool is_last() const noexcept override { return complete; }
  std::string_view trailers() const noexcept override { return behind; }
  void move_to(std::string& out, std::size_t bytes) override {
    out.append(rest, 0, bytes);
    rest.erase(0, bytes);
  }
  std::string rest, behind;
  bool complete;
};

}  // namespace cachearr::net::test
