#include "s3/profile.hpp"

#include "http/ascii.hpp"
#include "http/variables.hpp"
#include "s3/credential_process.hpp"
#include "s3/web_identity.hpp"

#include <sstream>

namespace jetcapture::plugins {

namespace {

std::string file_of(const char *name_variable, const char *usual) {
  const std::string named = variable(name_variable);
  if (named.empty())
    return variable("HOME") + "/.aws/" + usual;
  return named.starts_with("~/") ? variable("HOME") + named.substr(1) : named;
}

std::string credentials_file() {
  return file_of("AWS_SHARED_CREDENTIALS_FILE", "credentials");
}
std::string config_file() {
  return file_of("AWS_CONFIG_FILE", "config");
}

// Sections of the config file are "[profile name]", the name in quotes or not, those of the credentials file "[name]";
// the default one is "[default]" in both.
enum class File { credentials, config };

// The name in a section such as "profile name"; "" where it has another word.
std::string_view name_behind(std::string_view word, std::string_view section) {
  if (!section.starts_with(word) || section.find_first_of(" \t") != word.size())
    return "";
  section = trimmed(section.substr(word.size()));
  const bool quoted =
      section.size() > 1 && (section.front() == '"' || section.front() == '\'') && section.back() == section.front();
  return quoted ? section.substr(1, section.size() - 2) : section;
}

// The name of a section's profile; "" where it is none.
std::string_view profile_of(std::string_view section, File file) {
  return file == File::credentials || section == "default" ? section : name_behind("profile", section);
}

// The values of the sections that are wanted; later ones win.
template <class IsWanted>
ProfileValues section_values(const std::string &text, IsWanted is_wanted) {
  ProfileValues values;
  bool inside = false;
  std::string outer; // the last setting that is not indented
  std::istringstream lines(text);
  for (std::string raw; std::getline(lines, raw);) {
    const std::string_view line = trimmed(raw);
    if (line.starts_with('[')) {
      inside = is_wanted(trimmed(line.substr(1, line.find(']') - 1)));
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!inside || line.empty() || line.starts_with('#') || line.starts_with(';') || equals == std::string_view::npos)
      continue;
    const bool indented = raw.front() == ' ' || raw.front() == '\t';
    const std::string name = lower(trimmed(line.substr(0, equals)));
    if (!indented)
      outer = name;
    values[indented ? outer + "." + name : name] = trimmed(line.substr(equals + 1));
  }
  return values;
}

ProfileValues profile_values(const std::string &text, File file, std::string_view name) {
  return section_values(text, [&](std::string_view section) { return profile_of(section, file) == name; });
}

ProfileValues credentials_file_values(const std::string &name) {
  return profile_values(text_of_file(credentials_file()).value_or(""), File::credentials, name);
}

Credentials keys_of(const ProfileValues &values) {
  return {value_of(values, "aws_access_key_id"),
          value_of(values, "aws_secret_access_key"),
          value_of(values, "aws_session_token"),
          {}};
}

// In the credentials file, where the AWS tools look before they look for a process.
bool has_keys_of_its_own(const std::string &name) {
  return !keys_of(credentials_file_values(name)).access_key.empty();
}

// The AWS tools take these before the keys of the profile (a login session before those of the config file alone), or
// refuse the profile: going on with the keys, or with the machine's role, would be another identity
// than theirs.
void refuse_unknown_kinds(const std::string &name, const ProfileValues &values) {
  const auto has = [&](const char *setting) { return !value_of(values, setting).empty(); };
  const auto refuse = [&](const std::string &setting) {
    throw Misconfigured("the profile " + name + " has " + setting + ", which is not known here; " +
                        "`aws configure export-credentials --profile " + name +
                        " --format env` gives keys as variables, or name a profile with keys in --store-opt profile=");
  };
  if (has("role_arn") && !has("web_identity_token_file")) {
    for (const char *setting : {"source_profile", "credential_source"})
      if (has(setting))
        refuse(std::string("role_arn with ") + setting);
    refuse("role_arn without web_identity_token_file");
  }
  for (const char *setting : {"sso_session", "sso_start_url"})
    if (has(setting))
      refuse(setting);
  if (has("login_session") && !has_keys_of_its_own(name))
    refuse("login_session");
  if (has("aws_access_key_id") && !has("aws_secret_access_key"))
    throw Misconfigured("the profile " + name + " has aws_access_key_id without aws_secret_access_key; give both");
}

} // namespace

std::string value_of(const ProfileValues &values, const std::string &name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

std::string chosen_profile(const std::string &option) {
  if (!option.empty())
    return option;
  const std::string named = variable("AWS_PROFILE");
  return named.empty() ? variable("AWS_DEFAULT_PROFILE") : named;
}

std::optional<ProfileValues> read_profile(const std::string &name) {
  ProfileValues values = credentials_file_values(name);
  values.merge(profile_values(text_of_file(config_file()).value_or(""), File::config, name));
  if (values.empty())
    return std::nullopt;
  return values;
}

ProfileValues read_services(const std::string &name) {
  if (name.empty())
    return {};
  return section_values(text_of_file(config_file()).value_or(""),
                        [&](std::string_view section) { return name_behind("services", section) == name; });
}

std::optional<CredentialSource> profile_source(const std::string &name, bool required, const std::string &token_service,
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
                                value_of(*values, "role_session_name"), token_service},
                               sessions);
  if (const std::string command = value_of(*values, "credential_process");
      !command.empty() && !has_keys_of_its_own(name))
    return process_source(name, command);
  if (!keys_of(*values).access_key.empty() && !keys_of(*values).secret_key.empty()) {
    const auto read_again = [name](const TimeLimit &) {
      const Credentials keys = keys_of(read_profile(name).value_or(ProfileValues()));
      if (keys.access_key.empty() || keys.secret_key.empty())
        throw Misconfigured("the profile " + name + " has no keys any more in " + credentials_file());
      return keys;
    };
    return CredentialSource{"the profile " + name, read_again, true};
  }
  if (required)
    throw Misconfigured("the profile " + name +
                        " has no aws_access_key_id with aws_secret_access_key, no credential_process, nor a "
                        "web_identity_token_file with role_arn, and other kinds are not known here; "
                        "`aws configure export-credentials --profile " +
                        name + " --format env` gives keys as variables");
  return std::nullopt;
}

} // namespace jetcapture::plugins
