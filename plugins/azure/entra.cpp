#include "azure/entra.hpp"

#include "http/encoding.hpp"
#include "http/variables.hpp"

#include <charconv>

#include <nlohmann/json.hpp>

namespace jetcapture::plugins {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view resource = "https://storage.azure.com";
// A machine without the service drops what is sent there, and a start should not hang.
constexpr auto longest_wait = 10s;

std::string text_in(const nlohmann::json &found, const char *name) {
  return found.is_object() && found.contains(name) && found[name].is_string() ? found[name].get<std::string>() : "";
}

// Seconds, as a number or, from the metadata service, as text.
std::int64_t seconds_in(const nlohmann::json &found, const char *name) {
  if (!found.is_object() || !found.contains(name))
    return 0;
  if (found[name].is_number_integer())
    return found[name].get<std::int64_t>();
  std::int64_t seconds = 0;
  const std::string text = text_in(found, name);
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return seconds;
}

// Other kinds of machines have other ways to ask: the metadata service would give another identity, or none.
void refuse_unknown_kinds() {
  struct Kind {
    const char *variable, *name;
  };
  constexpr Kind kinds[] = {{"IDENTITY_SERVER_THUMBPRINT", "Service Fabric"},
                            {"IMDS_ENDPOINT", "Azure Arc"},
                            {"MSI_ENDPOINT", "Cloud Shell or Azure Machine Learning"}};
  if (!variable("IDENTITY_HEADER").empty() && variable("IDENTITY_SERVER_THUMBPRINT").empty())
    return; // App Service, which sets MSI_ENDPOINT too
  for (const Kind &kind : kinds)
    if (!variable(kind.variable).empty())
      throw Misconfigured(std::string("the managed identity of ") + kind.name + ", which " + kind.variable +
                          " names, is not known here; give account-key, sas, or tenant-id with client-id and "
                          "client-secret");
}

Token token_in(const Answer &answer, const std::string &what, const std::string &advice) {
  const auto found = nlohmann::json::parse(answer.body, nullptr, false);
  const std::string text = text_in(found, "access_token");
  if (!answer.ok() || text.empty()) {
    const std::string reason = text_in(found, "error_description");
    throw Misconfigured("can't " + what + ": " + std::to_string(answer.status) + " " +
                        (found.is_object() ? text_in(found, "error") : words_of(answer)) +
                        (reason.empty() ? "" : ": " + reason.substr(0, reason.find('\r'))) + "; " + advice);
  }
  const std::chrono::seconds lasts(seconds_in(found, "expires_in"));
  const std::chrono::seconds until(seconds_in(found, "expires_on"));
  if (lasts > 0s)
    return {text, std::chrono::system_clock::now() + lasts};
  return {text, std::chrono::system_clock::time_point(until)};
}

// passes: whether an answer means that another try may help.
Token ask(Sessions &sessions, const TimeLimit &time_limit, const std::string &what, const std::string &advice,
          const std::function<Request()> &request, const std::function<bool(const Answer &)> &passes = nullptr) {
  Token token;
  const auto judge = [&](const Answer &answer) {
    if (const auto verdict = judge_transport(answer, what, ""))
      return *verdict;
    if (passes && passes(answer))
      return Verdict{Verdict::Next::again, "can't " + what + ": the service answers " + std::to_string(answer.status) +
                                               " " + words_of(answer)};
    token = token_in(answer, what, advice);
    return Verdict{};
  };
  sessions.run({request, judge}, time_limit);
  return token;
}

Token fetch_of_client(const EntraClient &client, Sessions &sessions, const TimeLimit &time_limit) {
  const std::string url = client.authority + "/" + percent_encoded(client.tenant) + "/oauth2/v2.0/token";
  const std::string advice = client.secret.empty()
                                 ? "check the federated credential of the application " + client.client
                                 : "check tenant-id, client-id and client-secret";
  return ask(sessions, time_limit, "get a token for the client " + client.client + " from " + url, advice, [&] {
    std::string form = "grant_type=client_credentials&client_id=" + percent_encoded(client.client) +
                       "&scope=" + percent_encoded(std::string(resource) + "/.default");
    if (client.secret.empty())
      form +=
          "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=" +
          percent_encoded(token_of_file(client.token_file, "the federated token"));
    else
      form += "&client_secret=" + percent_encoded(client.secret);
    return Request{"POST", url, {{"Content-Type", "application/x-www-form-urlencoded"}}, Body(std::move(form))};
  });
}

Token fetch_of_machine(const std::string &client, Sessions &sessions, const TimeLimit &time_limit) {
  refuse_unknown_kinds();
  const std::string endpoint = variable("IDENTITY_ENDPOINT");
  const std::string host = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
  const bool of_app = !endpoint.empty() && !variable("IDENTITY_HEADER").empty();
  const std::string base =
      of_app ? endpoint : (host.empty() ? "http://169.254.169.254" : host) + "/metadata/identity/oauth2/token";
  Query query{{"api-version", of_app ? "2019-08-01" : "2018-02-01"}, {"resource", std::string(resource)}};
  if (!client.empty())
    query.emplace_back("client_id", client);
  const std::string what = "get a token of the managed identity from " + base;
  try {
    // While a machine starts, and while the service itself is renewed, it answers 404 and 410.
    return ask(
        sessions, time_limit.at_most(longest_wait), what,
        "assign an identity to this machine, or give client-id of one",
        [&] {
          Request request{"GET", base + "?" + canonical_query(query), {{"Metadata", "true"}}, {}, nullptr, true};
          if (of_app)
            request.headers = {{"X-IDENTITY-HEADER", variable("IDENTITY_HEADER")}};
          return request;
        },
        [](const Answer &answer) { return answer.status == 404 || answer.status == 410; });
  } catch (const Retry &failure) {
    time_limit.check();
    throw Misconfigured(
        std::string("no credentials for Azure were found: give account-key, sas, or tenant-id with client-id and "
                    "client-secret, or run with a managed identity (") +
        failure.what() + ")");
  }
}

} // namespace

Source<Token> entra_source(EntraClient client, Sessions &sessions) {
  return {"the application " + client.client,
          [client, &sessions](const TimeLimit &time_limit) { return fetch_of_client(client, sessions, time_limit); },
          true};
}

Source<Token> managed_identity_source(std::string client, Sessions &sessions) {
  return {"the managed identity" + (client.empty() ? "" : " " + client),
          [client, &sessions](const TimeLimit &time_limit) { return fetch_of_machine(client, sessions, time_limit); },
          true};
}

} // namespace jetcapture::plugins
