#include "s3/listing.hpp"

#include "http/xml.hpp"
#include "s3/errors.hpp"
#include "s3/upload_headers.hpp"

namespace jetcapture::plugins {

std::optional<StoredObject> status_of(Bucket &bucket, const std::string &key, const TimeLimit &time_limit) {
  const Answer answer = bucket.ask({"look at " + key, "s3:GetObject", "HEAD", key}, time_limit,
                                   [](const Answer &head, const std::string &) { return head.status == 404; });
  if (!answer.ok())
    return std::nullopt;
  return stored_object(answer, "x-amz-meta-" + std::string(sha256_metadata));
}

void list_objects(Bucket &bucket, const std::string &prefix, const TimeLimit &time_limit,
                  const std::function<void(const std::string &, std::uint64_t)> &take) {
  for (std::string token;;) {
    Query query{{"list-type", "2"}, {"prefix", prefix}};
    if (!token.empty())
      query.emplace_back("continuation-token", token);
    Ask ask{"list " + prefix, "s3:ListBucket", "GET", "", query};
    ask.proof = [](const Answer &listing) { return is_result(listing, "ListBucketResult"); };
    const Answer answer = bucket.ask(ask, time_limit);
    for (const std::string_view entry : xml_elements(answer.body, "Contents"))
      take(xml_text(entry, "Key"), size_in(xml_text(entry, "Size")));
    token = xml_text(answer.body, "NextContinuationToken");
    if (xml_text(answer.body, "IsTruncated") != "true" || token.empty())
      return;
  }
}

std::vector<UnfinishedUpload> unfinished_uploads(Bucket &bucket, const std::string &prefix,
                                                 const TimeLimit &time_limit) {
  std::vector<UnfinishedUpload> found;
  for (std::string key, id;;) {
    Query query{{"uploads", ""}, {"prefix", prefix}};
    if (!key.empty()) {
      query.emplace_back("key-marker", key);
      query.emplace_back("upload-id-marker", id);
    }
    const Answer answer =
        bucket.ask({"list the unfinished uploads", "s3:ListBucketMultipartUploads", "GET", "", query}, time_limit);
    if (!is_result(answer, "ListMultipartUploadsResult")) {
      if (answer.body.find("<ListMultipartUploadsResult") != std::string::npos)
        throw Retry("can't list the unfinished uploads: the answer of the service was cut short");
      throw NotTheService("the endpoint of the bucket " + bucket.place().bucket() +
                          " is not an S3 service: it answers the listing of uploads " + shown(answer) +
                          "; correct --store-opt endpoint=");
    }
    for (const std::string_view entry : xml_elements(answer.body, "Upload"))
      found.push_back({xml_text(entry, "Key"), xml_text(entry, "UploadId"), xml_text(entry, "Initiated")});
    key = xml_text(answer.body, "NextKeyMarker");
    id = xml_text(answer.body, "NextUploadIdMarker");
    if (xml_text(answer.body, "IsTruncated") != "true" || key.empty())
      return found;
  }
}

} // namespace jetcapture::plugins
