#include "nats/connection.hpp"
#include "settings/error.hpp"
#include "settings/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

namespace jetcapture::host {

namespace {

std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::filesystem::path context_folder() {
  std::filesystem::path base = environment("XDG_CONFIG_HOME");
  if (base.empty())
    base = std::filesystem::path(environment("HOME")) / ".config";
  return base / "nats" / "context";
}

// The names of the contexts that are there.
std::vector<std::string> context_names(const std::filesystem::path &folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".json")
      names.push_back(entry.path().stem().string());
  return names;
}

std::string home_expanded(std::string path) {
  if (path == "~" || path.starts_with("~/"))
    path.replace(0, 1, environment("HOME"));
  return path;
}

// A text of the context; empty where it has none of that name.
std::string text_in(const nlohmann::json &context, const char *name) {
  const auto found = context.find(name);
  return found != context.end() && found->is_string() ? found->get<std::string>() : "";
}

std::pair<std::filesystem::path, nlohmann::json> read_context(const std::string &name) {
  const std::filesystem::path folder = context_folder();
  const bool is_path = name.find('/') != std::string::npos;
  const std::filesystem::path file = is_path ? std::filesystem::path(name) : folder / (name + ".json");
  std::ifstream in(file);
  if (!in) {
    const std::string meant = is_path ? "" : nearest(name, context_names(folder));
    throw StartupError(
        "--nats-context: there is no context " + name + " (" + file.string() + ")" +
        (meant.empty() ? ": `nats context ls` lists those that there are" : "; did you mean " + meant + "?"));
  }
  nlohmann::json context = nlohmann::json::parse(in, nullptr, false);
  if (!context.is_object())
    throw StartupError("--nats-context: " + file.string() + " is not a JSON object as the nats tool writes it");
  return {file, std::move(context)};
}

void refuse_unsupported(const std::filesystem::path &file, const nlohmann::json &context) {
  if (!text_in(context, "nsc").empty())
    throw StartupError(
        "--nats-context: " + file.string() +
        " uses nsc, which jetcapture does not run: export the credentials with `nsc generate creds` and give --creds");
  if (!text_in(context, "socks_proxy").empty())
    throw StartupError("--nats-context: " + file.string() + " uses socks_proxy, which jetcapture does not support");
  if (!text_in(context, "user_jwt").empty())
    throw StartupError("--nats-context: " + file.string() +
                       " uses user_jwt, which jetcapture does not support: give --creds");
}

} // namespace

ConnectionSettings with_context(ConnectionSettings settings) {
  if (settings.context.empty())
    return settings;
  const auto [file, context] = read_context(settings.context);
  refuse_unsupported(file, context);
  const auto text = [&context = context](const char *name) { return text_in(context, name); };
  if (settings.servers.empty()) {
    const std::string urls = text("url");
    for (std::size_t start = 0; start < urls.size();) {
      const std::size_t end = std::min(urls.find(',', start), urls.size());
      if (end > start)
        settings.servers.push_back(urls.substr(start, end - start));
      start = end + 1;
    }
  }
  const auto fill = [](std::string &setting, std::string value) {
    if (setting.empty())
      setting = std::move(value);
  };
  // One kind of credentials on the command line replaces those of the context, whatever their kind.
  if (settings.user.empty() && settings.token.empty() && settings.nkey_file.empty() && settings.creds_file.empty()) {
    fill(settings.user, text("user"));
    fill(settings.password, text("password"));
    fill(settings.token, text("token"));
    fill(settings.nkey_file, home_expanded(text("nkey")));
    fill(settings.creds_file, home_expanded(text("creds")));
  }
  fill(settings.tls_ca, home_expanded(text("ca")));
  fill(settings.tls_cert, home_expanded(text("cert")));
  fill(settings.tls_key, home_expanded(text("key")));
  fill(settings.inbox_prefix, text("inbox_prefix"));
  if (settings.js_domain.empty() && settings.js_api_prefix.empty()) {
    settings.js_domain = text("jetstream_domain");
    settings.js_api_prefix = text("jetstream_api_prefix");
  }
  return settings;
}

} // namespace jetcapture::host
