#include "azure/listing.hpp"

#include "azure/upload_headers.hpp"
#include "http/xml.hpp"

namespace jetcapture::plugins {

std::optional<StoredObject> status_of(Container &container, const std::string &key, const TimeLimit &time_limit) {
  const Answer answer = container.ask(
      {"look at " + key, right_to_read, "HEAD", key}, time_limit,
      [](const Answer &head, const std::string &code) { return head.status == 404 && code != "ContainerNotFound"; });
  if (!answer.ok())
    return std::nullopt;
  return stored_object(answer, "x-ms-meta-" + std::string(sha256_metadata));
}

void list_blobs(Container &container, const std::string &prefix, const TimeLimit &time_limit,
                const std::function<void(const std::string &, std::uint64_t)> &take) {
  for (std::string marker;;) {
    Query query{{"restype", "container"}, {"comp", "list"}, {"prefix", prefix}};
    if (!marker.empty())
      query.emplace_back("marker", marker);
    const Answer answer = container.ask({"list " + prefix, right_to_list, "GET", "", query}, time_limit);
    for (const std::string_view blob : xml_elements(answer.body, "Blob"))
      take(xml_text(blob, "Name"), size_in(xml_text(blob, "Content-Length")));
    marker = xml_text(answer.body, "NextMarker");
    if (marker.empty())
      return;
  }
}

} // namespace jetcapture::plugins
