#include "azure/listing.hpp"

#include "azure/upload_headers.hpp"
#include "http/encoding.hpp"
#include "http/xml.hpp"

#include <algorithm>

namespace jetcapture::plugins {

std::optional<BlobStatus> status_of(Container &container, const std::string &key, const Patience &patience) {
  const Answer answer = container.ask(
      {"look at " + key, right_to_read, "HEAD", key}, patience,
      [](const Answer &head, const std::string &code) { return head.status == 404 && code != "ContainerNotFound"; });
  if (!answer.ok())
    return std::nullopt;
  BlobStatus status{size_in(answer.header("content-length")), std::nullopt};
  const auto digest = from_hex(answer.header("x-ms-meta-" + std::string(sha256_metadata)));
  if (digest && digest->size() == Sha256().size()) {
    status.sha256.emplace();
    std::copy(digest->begin(), digest->end(), status.sha256->begin());
  }
  return status;
}

void list_blobs(Container &container, const std::string &prefix, const Patience &patience,
                const std::function<void(const std::string &, std::uint64_t)> &take) {
  for (std::string marker;;) {
    Query query{{"restype", "container"}, {"comp", "list"}, {"prefix", prefix}};
    if (!marker.empty())
      query.emplace_back("marker", marker);
    const Answer answer = container.ask({"list " + prefix, right_to_list, "GET", "", query}, patience);
    for (const std::string_view blob : xml_elements(answer.body, "Blob"))
      take(xml_text(blob, "Name"), size_in(xml_text(blob, "Content-Length")));
    marker = xml_text(answer.body, "NextMarker");
    if (marker.empty())
      return;
  }
}

} // namespace jetcapture::plugins
