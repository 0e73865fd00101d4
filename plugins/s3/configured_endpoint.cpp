#include "s3/configured_endpoint.hpp"

#include "http/ascii.hpp"
#include "http/encoding.hpp"
#include "http/variables.hpp"
#include "s3/profile.hpp"

namespace jetcapture::plugins {

namespace {

std::string of_variable(const std::string &service) {
  std::string name = "AWS_ENDPOINT_URL_";
  for (const char c : service)
    name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const std::string own = variable(name.c_str());
  return own.empty() ? variable("AWS_ENDPOINT_URL") : own;
}

std::string of_profile(const std::string &service, const std::string &profile) {
  const ProfileValues values = read_profile(profile).value_or(ProfileValues());
  if (lower(value_of(values, "ignore_configured_endpoint_urls")) == "true")
    return "";
  const std::string own = value_of(read_services(value_of(values, "services")), service + ".endpoint_url");
  return own.empty() ? value_of(values, "endpoint_url") : own;
}

bool is_true(const char *name, const ProfileValues &values, const std::string &setting) {
  const std::string of_environment = variable(name);
  return lower(of_environment.empty() ? value_of(values, setting) : of_environment) == "true";
}

} // namespace

std::string configured_endpoint(const std::string &service, const std::string &profile) {
  if (lower(variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) == "true")
    return "";
  const std::string of_environment = of_variable(service);
  const std::string text = of_environment.empty() ? of_profile(service, profile) : of_environment;
  if (text.empty())
    return "";
  const auto url = split_url(text);
  if (!url)
    throw Misconfigured("the endpoint of " + service + " in the " +
                        (of_environment.empty() ? "profile " + profile : "AWS_ENDPOINT_URL variables") + ", \"" + text +
                        "\", is no http or https URL; write one such as https://s3.example.com");
  return url->scheme + "://" + url->authority + url->path;
}

HostKind configured_host_kind(const std::string &profile) {
  const ProfileValues values = read_profile(profile).value_or(ProfileValues());
  return {is_true("AWS_USE_FIPS_ENDPOINT", values, "use_fips_endpoint"),
          is_true("AWS_USE_DUALSTACK_ENDPOINT", values, "use_dualstack_endpoint")};
}

std::optional<bool> configured_path_style(const std::string &profile) {
  const std::string style = value_of(read_profile(profile).value_or(ProfileValues()), "s3.addressing_style");
  if (style != "path" && style != "virtual")
    return std::nullopt;
  return style == "path";
}

} // namespace jetcapture::plugins
