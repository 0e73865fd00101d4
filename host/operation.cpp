#include "operation.hpp"

#include "settings/error.hpp"
#include "settings/settings.hpp"
#include "status/resources.hpp"
#include "status/status_json.hpp"

#include <chrono>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds flush_timeout = 1s;

Watch::Publication publication(const Settings &settings, Connection &connection) {
  if (settings.status_subject.empty())
    return {};
  return {[&connection, subject = settings.status_subject](const std::string &json) {
            // What can't be sent now is not kept: the next one tells more.
            if (connection.connected() && natsConnection_Publish(connection.get(), subject.c_str(), json.data(),
                                                                 static_cast<int>(json.size())) == NATS_OK)
              connection.flush(flush_timeout);
          },
          settings.status_interval};
}

// Throws StartupError.
void require_publishable(const std::string &flag, const std::string &subject) {
  if (subject.find_first_of("*> \t\r\n") != std::string::npos || subject.starts_with('.') || subject.ends_with('.') ||
      subject.find("..") != std::string::npos)
    throw StartupError(flag + ": \"" + subject +
                       "\" is not a subject to publish to; write tokens between dots, without blanks and wildcards");
}

} // namespace

// What the server has is asked for nothing any more.
Operation::~Operation() {
  if (server_ != nullptr)
    server_->serve({.get =
                        [](std::string_view path) {
                          return path == "/healthz" ? HttpAnswer{200, "application/json", "{\"alive\":true}\n"}
                                                    : HttpAnswer{503, "application/json",
                                                                 "{\"ready\":false,\"reasons\":[\"not capturing\"]}\n"};
                        },
                    .event = [] { return std::string("{}"); }});
}

std::unique_ptr<HttpServer> listen(const Settings &settings) {
  require_publishable("--status-subject", settings.status_subject);
  require_publishable("--notify-subject", settings.notify_subject);
  return settings.listen.empty() ? nullptr : std::make_unique<HttpServer>(settings.listen);
}

Operation::Operation(Observer::Sources sources, HostFacts facts, const Settings &settings, Connection &connection,
                     HttpServer *server, Log &log)
    : server_(server), observer_(std::move(sources), std::move(facts)),
      watch_(observer_, ServiceNotifier::from_environment(), publication(settings, connection), log) {
  if (server_ == nullptr)
    return;
  server_->serve(
      {.get = [this,
               &log](std::string_view path) { return resource(path, observer_.look(), observer_.history(), log); },
       .event = [this, &log] { return page_json(observer_.look(), log.recent()); }});
}

} // namespace jetcapture::host
