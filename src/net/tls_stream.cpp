#include "net/tls_stream.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <utility>

#include "net/socket_base.hpp"

namespace cachearr::net {

void FreeSsl::operator()(SSL* ssl) const noexcept { SSL_free(ssl); }

namespace {

class OpenSslStream final : public TlsStream {
 public:
  OpenSslStream(Worker& worker, asio::ip::tcp::socket socket, SslPtr ssl)
      : TlsStream{worker.deadlines()}, plain_{worker, std::move(socket)}, ssl_{std::move(ssl)} {
    SSL_set_fd(ssl_.get(), plain_.native_handle());
    SSL_set_mode(ssl_.get(),
                 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  }

  Task<IoError> handshake(bool as_server) override {
    if (as_server) {
      SSL_set_accept_state(ssl_.get());
    } else {
      SSL_set_connect_state(ssl_.get());
    }
    for (;;) {
      forget_errors();
      const int done = SSL_do_handshake(ssl_.get());
      if (done == 1) co_return IoError::none;
      const int cause = errno;
      if (SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ && end_early()) continue;
      const auto ready = co_await wait_for(SSL_get_error(ssl_.get(), done), cause);
      if (ready != IoError::none) co_return ready;
    }
  }

  /// A server's handshake never ends on what the client sent before it began, so the socket takes over in handshake().
  void feed(std::string_view early) override {
    if (early.empty()) return;
    auto* const memory = BIO_new(BIO_s_mem());
    if (!memory || BIO_write(memory, early.data(), static_cast<int>(early.size())) <= 0) {
      BIO_free(memory);
      return plain_.close();
    }
    SSL_set0_rbio(ssl_.get(), memory);
    feeding_ = true;
  }

  Task<IoResult> read_some(std::span<char> into) override {
    for (;;) {
      forget_errors();
      std::size_t bytes = 0;
      const int done = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
      if (done == 1) co_return IoResult{bytes, IoError::none};
      const int cause = errno;
      const auto ready = co_await wait_for(SSL_get_error(ssl_.get(), done), cause);
      if (ready != IoError::none) co_return IoResult{0, ready};
    }
  }

  IoResult try_write(std::span<const Slice> slices) noexcept override {
    std::size_t total = 0;
    for (;;) {
      const auto piece = next_piece(slices, total);
      if (piece.empty()) return {total, IoError::none};
      forget_errors();
      std::size_t bytes = 0;
      const int done = SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &bytes);
      if (done != 1) {
        const int cause = errno;
        const int why = SSL_get_error(ssl_.get(), done);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return {total, IoError::none};
        return {total, why == SSL_ERROR_SYSCALL ? Plain::failed(cause) : IoError::tls};
      }
      total += bytes;
    }
  }

  Task<IoError> wait_writable() override { return plain_.wait_writable(); }
  void shutdown_write() noexcept override {
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    plain_.shutdown_write();
  }
  void close() noexcept override {
    if (plain_.is_open() && SSL_is_init_finished(ssl_.get())) {
      SSL_shutdown(ssl_.get());
      ERR_clear_error();
    }
    plain_.close();
  }
  /// A look inside, not at the socket: a session ticket that came after the last answer is nothing to worry about.
  bool is_stale() noexcept override {
    if (!plain_.is_open()) return true;
    ERR_clear_error();
    char byte = 0;
    std::size_t bytes = 0;
    const int done = SSL_peek_ex(ssl_.get(), &byte, 1, &bytes);
    const bool quiet = done != 1 && SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return !quiet;
  }
  bool is_open() const noexcept override { return plain_.is_open(); }
  int native_handle() noexcept override { return plain_.native_handle(); }
  SSL* ssl() noexcept override { return ssl_.get(); }
  std::string_view version() const noexcept override { return SSL_get_version(ssl_.get()); }
  std::string_view protocol() const noexcept override {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

 private:
  /// The socket's readiness and end; bytes go through OpenSSL only. Its waits are bounded by the outer stream's
  /// deadline.
  class Plain final : public SocketBase {
   public:
    using SocketBase::SocketBase;
    Task<IoResult> read_some(std::span<char>) override { co_return IoResult{0, IoError::other}; }
    IoResult try_write(std::span<const Slice>) noexcept override { return {0, IoError::other}; }
    Task<IoError> readable() { return wait(asio::ip::tcp::socket::wait_read); }
    void run_out() noexcept { expire(); }
    /// Without an errno the peer just went away.
    static IoError failed(int cause) noexcept { return cause == 0 ? IoError::reset : from_errno(cause); }
  };

  void expire() noexcept override { plain_.run_out(); }

  /// What OpenSSL and the system say after the next call is about that call.
  static void forget_errors() noexcept {
    ERR_clear_error();
    errno = 0;
  }

  /// What was fed is used up; true where the socket has just taken over.
  bool end_early() noexcept {
    if (!std::exchange(feeding_, false)) return false;
    BIO* const socket = SSL_get_wbio(ssl_.get());
    BIO_up_ref(socket);
    SSL_set0_rbio(ssl_.get(), socket);
    return true;
  }

  Task<IoError> wait_for(int why, int cause) {
    // The other side vanished without a word of TLS: as with TCP, what came before it is not all.
    if (why == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
      return at_once(IoError::reset);
    switch (why) {
      case SSL_ERROR_WANT_READ: return plain_.readable();
      case SSL_ERROR_WANT_WRITE: return plain_.wait_writable();
      case SSL_ERROR_ZERO_RETURN: return at_once(IoError::closed);
      case SSL_ERROR_SYSCALL: return at_once(plain_.is_open() ? Plain::failed(cause) : IoError::cancelled);
      default: return at_once(IoError::tls);
    }
  }
  static Task<IoError> at_once(IoError error) { co_return error; }

  /// One record's worth of what follows the first `done` bytes: small slices are laid together, so that head and body
  /// share a record.
  std::string_view next_piece(std::span<const Slice> slices, std::size_t done) noexcept {
    std::size_t first = 0;
    while (first < slices.size() && done >= slices[first].iov_len) done -= slices[first++].iov_len;
    if (first == slices.size()) return {};
    const auto* const start = static_cast<const char*>(slices[first].iov_base) + done;
    const auto left = slices[first].iov_len - done;
    if (left >= kRecord || first + 1 == slices.size()) return {start, std::min(left, kRecord)};
    thread_local std::array<char, kRecord> flat;
    std::memcpy(flat.data(), start, left);
    std::size_t size = left;
    for (std::size_t i = first + 1; i < slices.size() && size < kRecord; ++i) {
      const auto take = std::min(kRecord - size, slices[i].iov_len);
      std::memcpy(flat.data() + size, slices[i].iov_base, take);
      size += take;
    }
    return {flat.data(), size};
  }

  static constexpr std::size_t kRecord = 16384;
  Plain plain_;
  SslPtr ssl_;
  bool feeding_ = false;  // reads from what was fed, not yet from the socket
};

}  // namespace

std::unique_ptr<TlsStream> make_tls_stream(Worker& worker, asio::ip::tcp::socket socket, SslPtr ssl) {
  return std::make_unique<OpenSslStream>(worker, std::move(socket), std::move(ssl));
}

}  // namespace cachearr::net
