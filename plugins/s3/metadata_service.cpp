#include "s3/metadata_service.hpp"

#include "http/ascii.hpp"
#include "http/variables.hpp"
#include "s3/web_identity.hpp"

#include <nlohmann/json.hpp>

namespace jetcapture::plugins {

namespace {

using namespace std::chrono_literals;

// A machine without the service drops what is sent there, and a start should not hang.
constexpr auto longest_wait = 5s;

[[noreturn]] void throw_nothing_found(const std::string &more) {
  throw Misconfigured("no credentials for S3 were found: give access-key and secret-key, a profile, the AWS_* "
                      "variables, or a role to the machine (" +
                      more + ")");
}

Credentials credentials_in(const Answer &answer, const std::string &what) {
  const auto found = nlohmann::json::parse(answer.body, nullptr, false);
  const auto text = [&](const char *name) {
    return found.is_object() && found.contains(name) && found[name].is_string() ? found[name].get<std::string>() : "";
  };
  Credentials credentials{text("AccessKeyId"), text("SecretAccessKey"), text("Token"), time_of(text("Expiration"))};
  if (credentials.access_key.empty() || credentials.secret_key.empty())
    throw Retry("can't " + what + ": the answer has no credentials");
  return credentials;
}

Answer ask(Sessions &sessions, const TimeLimit &time_limit, const std::string &what,
           const std::function<Request()> &request) {
  Answer kept;
  const auto judge = [&](const Answer &answer) {
    if (const auto verdict = judge_transport(answer, what, ""))
      return *verdict;
    kept = answer;
    return Verdict{};
  };
  sessions.run({request, judge}, time_limit.at_most(longest_wait));
  return kept;
}

std::string authorization_token() {
  const std::string file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  return file.empty() ? variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")
                      : token_of_file(file, "the token of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
}

Credentials fetch_of_container(const std::string &url, Sessions &sessions, const TimeLimit &time_limit) {
  const std::string what = "get the container's credentials from " + url;
  const Answer answer = ask(sessions, time_limit, what, [&] {
    Request request{"GET", url, {}, {}, nullptr, true};
    if (const std::string token = authorization_token(); !token.empty())
      request.headers.emplace_back("Authorization", token);
    return request;
  });
  if (!answer.ok())
    throw Misconfigured("can't " + what + ": it answers " + std::to_string(answer.status) +
                        "; check the role of the task or the pod");
  return credentials_in(answer, what);
}

// Also finds out that there is no such service.
std::string session_token(const std::string &base, const std::string &what, Sessions &sessions,
                          const TimeLimit &time_limit) {
  const TimeLimit short_one = time_limit.at_most(longest_wait);
  try {
    const Answer answer = ask(sessions, short_one, what, [&] {
      return Request{"PUT", base + "/latest/api/token", {{"X-aws-ec2-metadata-token-ttl-seconds", "300"}}, {}, nullptr,
                     true};
    });
    if (answer.ok() && !answer.body.empty())
      return answer.body;
    throw_nothing_found("the metadata service at " + base + " answers " + std::to_string(answer.status) +
                        " to a request for a session; it may be turned off for this machine");
  } catch (const Retry &failure) {
    if (time_limit.host.cancelled())
      throw;
    // Its answer to that request dies on the way into a container, unless it may take one more hop.
    throw_nothing_found(short_one.is_over()
                            ? "the metadata service at " + base +
                                  " does not answer; on a machine of EC2, containers need a hop limit of 2 in its "
                                  "metadata options"
                            : "there is no metadata service at " + base + ": " + failure.what());
  }
}

Credentials fetch_of_instance(const std::string &base, Sessions &sessions, const TimeLimit &time_limit) {
  const std::string what = "get the instance's credentials from " + base;
  const std::string path = base + "/latest/meta-data/iam/security-credentials/";
  const std::string token = session_token(base, what, sessions, time_limit);
  const auto get = [&](const std::string &url) {
    return ask(sessions, time_limit, what, [&] {
      return Request{"GET", url, {{"X-aws-ec2-metadata-token", token}}, {}, nullptr, true};
    });
  };
  const Answer role = get(path);
  if (!role.ok() || role.body.empty())
    throw Misconfigured("the machine has no role that gives it credentials for S3; attach an instance profile, or give "
                        "access-key and secret-key");
  const Answer answer = get(path + role.body.substr(0, role.body.find('\n')));
  if (!answer.ok())
    throw Misconfigured("can't " + what + ": it answers " + std::to_string(answer.status) + " for the role " +
                        role.body);
  return credentials_in(answer, what);
}

} // namespace

std::optional<CredentialSource> container_source(Sessions &sessions) {
  const std::string relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string url =
      relative.empty() ? variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") : "http://169.254.170.2" + relative;
  if (url.empty())
    return std::nullopt;
  return CredentialSource{
      "the container's role",
      [url, &sessions](const TimeLimit &time_limit) { return fetch_of_container(url, sessions, time_limit); }, true};
}

CredentialSource instance_source(Sessions &sessions) {
  if (lower(variable("AWS_EC2_METADATA_DISABLED")) == "true")
    throw_nothing_found("AWS_EC2_METADATA_DISABLED is set");
  const std::string named = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  std::string base = named.empty() ? "http://169.254.169.254" : named;
  while (base.ends_with('/'))
    base.pop_back();
  return {"the machine's role",
          [base, &sessions](const TimeLimit &time_limit) { return fetch_of_instance(base, sessions, time_limit); },
          true};
}

} // namespace jetcapture::plugins
