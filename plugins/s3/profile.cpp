#include "s3/profile.hpp"

#include "http/variables.hpp"
#include "s3/web_identity.hpp"

#include <sstream>

namespace jetcapture::plugins {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos)
    return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::string file_of(const char *name_variable, const char *usual) {
  const std::string named = variable(name_variable);
  return named.empty() ? variable("HOME") + "/.aws/" + usual : named;
}

std::string credentials_file() {
  return file_of("AWS_SHARED_CREDENTIALS_FILE", "credentials");
}
std::string config_file() {
  return file_of("AWS_CONFIG_FILE", "config");
}

std::string value_of(const ProfileValues &values, const char *name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

Credentials keys_of(const ProfileValues &values) {
  return {value_of(values, "aws_access_key_id"),
          value_of(values, "aws_secret_access_key"),
          value_of(values, "aws_session_token"),
          {}};
}

// The AWS tools take these before the keys of the profile (credential_process before those of the config file): going
// on with the keys, or with the machine's role, would be another identity than theirs.
void refuse_unknown_kinds(const std::string &name, const ProfileValues &values) {
  const auto refuse = [&](const std::string &setting) {
    throw Misconfigured("the profile " + name + " has " + setting + ", which is not known here; " +
                        "`aws configure export-credentials --profile " + name +
                        " --format env` gives keys as variables, or name a profile with keys in --store-opt profile=");
  };
  for (const char *setting : {"source_profile", "credential_source"})
    if (!value_of(values, "role_arn").empty() && !value_of(values, setting).empty())
      refuse(std::string("role_arn with ") + setting);
  for (const char *setting : {"sso_session", "sso_start_url"})
    if (!value_of(values, setting).empty())
      refuse(setting);
  const ProfileValues of_credentials = profile_values(text_of_file(credentials_file()).value_or(""), name);
  if (!value_of(values, "credential_process").empty() && keys_of(of_credentials).access_key.empty())
    refuse("credential_process");
}

} // namespace

ProfileValues profile_values(std::string_view text, std::string_view section) {
  ProfileValues values;
  bool inside = false;
  std::istringstream lines{std::string(text)};
  for (std::string raw; std::getline(lines, raw);) {
    const std::string_view line = trimmed(raw);
    if (line.starts_with('[')) {
      inside = trimmed(line.substr(1, line.find(']') - 1)) == section;
      continue;
    }
    const std::size_t equals = line.find('=');
    // An indented line belongs to the setting above it: none of those is ours.
    if (!inside || line.empty() || line.starts_with('#') || line.starts_with(';') || equals == std::string_view::npos ||
        raw.front() == ' ' || raw.front() == '\t')
      continue;
    values[std::string(trimmed(line.substr(0, equals)))] = trimmed(line.substr(equals + 1));
  }
  return values;
}

std::optional<ProfileValues> read_profile(const std::string &name) {
  const std::string of_config = name == "default" ? name : "profile " + name;
  ProfileValues values = profile_values(text_of_file(credentials_file()).value_or(""), name);
  values.merge(profile_values(text_of_file(config_file()).value_or(""), of_config));
  if (values.empty())
    return std::nullopt;
  return values;
}

std::optional<CredentialSource> profile_source(const std::string &name, bool required, const std::string &region,
                                               Sessions &sessions) {
  const auto values = read_profile(name);
  if (!values && !required)
    return std::nullopt;
  if (!values)
    throw Misconfigured("there is no profile " + name + " in " + credentials_file() + " or " + config_file() +
                        "; write one with aws_access_key_id and aws_secret_access_key");
  refuse_unknown_kinds(name, *values);
  if (!value_of(*values, "web_identity_token_file").empty() && !value_of(*values, "role_arn").empty())
    return web_identity_source({value_of(*values, "web_identity_token_file"), value_of(*values, "role_arn"),
                                value_of(*values, "role_session_name"), region},
                               sessions);
  if (!keys_of(*values).access_key.empty() && !keys_of(*values).secret_key.empty()) {
    const auto read_again = [name](const Patience &) {
      const Credentials keys = keys_of(read_profile(name).value_or(ProfileValues()));
      if (keys.access_key.empty() || keys.secret_key.empty())
        throw Misconfigured("the profile " + name + " has no keys any more in " + credentials_file());
      return keys;
    };
    return CredentialSource{"the profile " + name, read_again, true};
  }
  if (required)
    throw Misconfigured("the profile " + name +
                        " has no aws_access_key_id with aws_secret_access_key, nor a "
                        "web_identity_token_file with role_arn, and other kinds are not known here; "
                        "`aws configure export-credentials --profile " +
                        name + " --format env` gives keys as variables");
  return std::nullopt;
}

} // namespace jetcapture::plugins
