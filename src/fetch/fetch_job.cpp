#include "fetch/fetch_job.hpp"

#include <utility>

#include "fetch/fetch.hpp"

namespace cachearr::fetch {

net::Task<> run_fetch(FetchContext& worker, std::shared_ptr<FetchJob> job) {
  Fetch fetch{worker, std::move(job)};
  co_await fetch.run();
}

}  // namespace cachearr::fetch
