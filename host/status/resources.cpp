#include "status/resources.hpp"

#include "status/health.hpp"
#include "status/metrics.hpp"
#include "status/page.hpp"
#include "status/status_json.hpp"

namespace jetcapture::host {

HttpAnswer resource(std::string_view path, const Snapshot &snapshot, const std::vector<Observer::Rate> &history,
                    const Log &log) {
  if (path == "/")
    return {200, "text/html; charset=utf-8",
            page_html("[" + page_json(snapshot, log.recent()) + "," + history_json(history) + "]")};
  if (path == "/metrics")
    return {200, metrics_content_type, metrics_text(snapshot)};
  if (path == "/healthz")
    return {is_alive(snapshot) ? 200u : 503u, "application/json", liveness_text(snapshot)};
  if (path == "/readyz")
    return {all_good(readiness(snapshot)) ? 200u : 503u, "application/json", readiness_text(snapshot)};
  return {404, "text/plain", "there are /, /metrics, /healthz, /readyz and /events\n"};
}

} // namespace jetcapture::host
