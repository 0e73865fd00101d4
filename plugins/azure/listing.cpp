#include "azure/listing.hpp"

#include "azure/upload_headers.hpp"
#include "http/xml.hpp"

namespace jetcapture::plugins {

namespace {

constexpr std::uint64_t most_blobs = 5000; // that the service gives at once

} // namespace

std::optional<StoredObject> status_of(Container &container, const std::string &key, const TimeLimit &time_limit) {
  const Answer answer = container.ask(
      {"look at " + key, right_to_read, "HEAD", key}, time_limit,
      [](const Answer &head, const std::string &code) { return head.status == 404 && code != "ContainerNotFound"; });
  if (!answer.ok())
    return std::nullopt;
  return stored_object(answer, "x-ms-meta-" + std::string(sha256_metadata));
}

void list_blobs(Container &container, const std::string &prefix, const TimeLimit &time_limit, Page &page) {
  for (std::string marker; !page.is_full();) {
    const std::uint64_t most = page.after().empty() ? page.at_once(most_blobs) : most_blobs;
    Query query{{"restype", "container"}, {"comp", "list"}, {"prefix", prefix}, {"maxresults", std::to_string(most)}};
    if (!marker.empty())
      query.emplace_back("marker", marker);
    const Answer answer = container.ask({"list " + prefix, right_to_list, "GET", "", query}, time_limit);
    for (const std::string_view blob : xml_elements(answer.body, "Blob"))
      page.take(xml_text(blob, "Name"), size_in(xml_text(blob, "Content-Length")));
    marker = xml_text(answer.body, "NextMarker");
    if (marker.empty())
      return;
  }
}

} // namespace jetcapture::plugins
