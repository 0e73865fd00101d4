#include "azure/place.hpp"

#include "jetcapture/plugin.hpp"

#include <algorithm>

namespace jetcapture::plugins {

namespace {

std::string_view host_of(std::string_view authority) {
  return authority.substr(0, authority.starts_with('[') ? authority.find(']') + 1 : authority.find(':'));
}

// Azurite and its like have one host for all accounts.
bool has_account_in_path(std::string_view authority) {
  const std::string_view host = host_of(authority);
  return host.find('.') == std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_container_name(std::string_view name) {
  if (name == "$web")
    return true;
  return name.size() >= 3 && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// Takes the first part off a path such as "/a/b".
std::string take_part(std::string &path) {
  if (path.empty())
    return "";
  const std::size_t end = std::min(path.find('/', 1), path.size());
  std::string part = path.substr(1, end - 1);
  path.erase(0, end);
  return part;
}

// What both say is said once.
void join(std::string &option, const std::string &of_url, const std::string &name) {
  if (option.empty())
    option = of_url;
  if (!of_url.empty() && option != of_url)
    throw Misconfigured("the " + name + " is " + option + " by the option " + name + " and " + of_url +
                        " by url; leave one of them out");
}

} // namespace

AzurePlace::AzurePlace(const std::string &account, const std::string &container, const std::string &url)
    : account_(account), container_(container) {
  if (url.empty() && account.empty())
    throw Misconfigured(
        "neither account nor url is given; write --store-opt account=NAME, or url=https://NAME.blob.core.windows.net");
  if (url.find('?') != std::string::npos)
    throw Misconfigured(
        "the value of url has a query; write what follows the question mark into sas, which is kept secret");
  const auto given = split_url(url.empty() ? "https://" + account + ".blob.core.windows.net" : url);
  if (!given)
    throw Misconfigured("the value of url, \"" + url +
                        "\", is no http or https URL; write one such as https://NAME.blob.core.windows.net");
  service_ = *given;
  std::string rest = service_.path;
  service_.path.clear();
  if (has_account_in_path(service_.authority)) {
    join(account_, take_part(rest), "account");
    service_.path = "/" + account_;
  } else if (account_.empty()) {
    account_ = service_.authority.substr(0, service_.authority.find('.'));
  }
  join(container_, take_part(rest), "container");
  if (!rest.empty())
    throw Misconfigured("the value of url has more after the container, \"" + rest + "\"; write that into prefix");
  if (account_.empty())
    throw Misconfigured("the value of url, \"" + url +
                        "\", names no account; write it behind the port, or give account");
  if (container_.empty())
    throw Misconfigured("no container is given; write --store-opt container=NAME");
  if (container_ == "$root")
    throw Misconfigured("names of blocks have slashes, which blobs of the container $root can't have; give another "
                        "container");
  if (!is_container_name(container_))
    throw Misconfigured(
        "the container \"" + container_ +
        "\" can't be one; names have 3 to 63 lower-case letters, digits and hyphens, and a path goes into prefix");
}

bool AzurePlace::on_loopback() const {
  const std::string_view host = host_of(service_.authority);
  return host == "localhost" || host.starts_with("127.") || host == "[::1]";
}

std::string AzurePlace::path(std::string_view blob) const {
  return service_.path + "/" + percent_encoded(container_) + (blob.empty() ? "" : "/" + percent_encoded(blob, true));
}

std::string AzurePlace::url(std::string_view blob) const {
  return origin() + service_.path + "/" + container_ + (blob.empty() ? "" : "/" + std::string(blob));
}

} // namespace jetcapture::plugins
