#include "client/public_pages.hpp"

#include "authority/leaf_cache.hpp"
#include "authority/public_files.hpp"
#include "base/text.hpp"
#include "client/replies.hpp"

namespace cachearr::client {

using http::Method;

namespace {

constexpr int kNothingThere = 404;

void append_head(std::string& text, const authority::PublicFile& file) {
  text.append("HTTP/1.1 200 OK\r\nContent-Type: ").append(file.media_type).append("\r\nContent-Length: ");
  text::append_number(text, static_cast<std::int64_t>(file.content.size()));
  text += "\r\nCache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nVia: 1.1 cachearr\r\n";
  if (!file.file_name.empty())
    text.append("Content-Disposition: attachment; filename=\"").append(file.file_name).append("\"\r\n");
}

}  // namespace

bool append_public_file(ReplySink& sink, const pipeline::RequestContext& context, bool keep_alive) {
  const auto& request = context.head();
  const auto& leaves = context.snapshot->leaves;
  if (context.refusal.status != kNothingThere || !leaves) return false;
  if (request.method != Method::get && request.method != Method::head) return false;
  const auto& target = context.route.target;
  const bool at_own_name = target.host == pipeline::kOwnHost;
  const std::string_view path = at_own_name && target.path == "/" ? std::string_view{"/ca"} : target.path;
  const auto base = "http://" + http::authority_of("http", target.host, target.port);
  const auto file = authority::public_file(leaves->authority(), path, base);
  if (!file) return false;
  auto& head = sink.begin_head({});
  append_head(head, *file);
  const bool has_body = request.method == Method::get;
  end_head(sink, head, {}, has_body ? ReplySink::Body::counted : ReplySink::Body::none,
           {keep_alive, request.minor_version == 0});
  if (!has_body) return true;
  sink.body(file->content);
  sink.end();
  return true;
}

}  // namespace cachearr::client
