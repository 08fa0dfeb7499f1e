#include "proxy/fetch.hpp"

#include "proxy/flights.hpp"
#include "proxy/leader.hpp"

namespace cachearr::proxy {

using http::Forward;

net::Task<> fetch(Desk& desk, std::shared_ptr<FetchJob> job) {
  Leader leader{desk, job};
  co_await leader.run();
  if (job->upload && !job->upload->started) {
    job->upload->ended = true;
    job->upload->done.set();
  }
}

std::shared_ptr<FetchJob> make_job(Desk& desk, const http::RequestHead& request, std::string_view head_bytes,
                                   const http::Framing& framing) {
  auto job = std::make_shared<FetchJob>();
  job->request = http::Owned<http::RequestHead>{request, head_bytes};
  job->framing = framing;
  job->known = std::move(desk.considered);
  job->regime = desk.regime;
  desk.considered = Considered{};
  return job;
}

void refresh_in_background(Desk& desk, const http::RequestHead& request, std::string_view head_bytes) {
  const auto& known = desk.considered;
  if (request.method != http::Method::get && request.method != http::Method::head) return;
  auto joined = desk.services.flights.join(known.id, known.identity, desk.worker);
  if (!joined.leader) return;
  auto job = std::make_shared<FetchJob>();
  job->request = http::Owned<http::RequestHead>{request, head_bytes};
  job->request.head.method = http::Method::get;
  job->request.head.method_text = "GET";
  job->known = known;
  job->known.course = Course::validate;
  job->known.forward = Forward::stale;
  job->regime = desk.regime;
  job->flight = std::move(joined.flight);
  job->in_table = true;
  job->background = true;
  desk.worker.spawn(fetch(desk, job), "refresh");
}

}  // namespace cachearr::proxy
