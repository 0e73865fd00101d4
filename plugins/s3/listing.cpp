#include "s3/listing.hpp"

#include "http/encoding.hpp"
#include "http/xml.hpp"
#include "s3/errors.hpp"
#include "s3/upload_headers.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::plugins {

namespace {

constexpr const char *to_list_uploads = "list the unfinished uploads";

// Throws where the answer is no such result that is read to its end.
void check_result(const Bucket &bucket, const Answer &answer, const std::string &what, const std::string &root) {
  if (is_result(answer, root))
    return;
  if (answer.body.find("<" + root) != std::string::npos)
    throw Retry("can't " + what + ": the answer of the service was cut short");
  throw NotTheService("the endpoint of the bucket " + bucket.place().bucket() +
                      " is not an S3 service: it answers the listing " + shown(answer) +
                      "; correct --store-opt endpoint=");
}

constexpr std::uint64_t most_keys = 1000; // that the service gives at once

std::optional<StoredObject> ask_for_status(Bucket &bucket, const std::string &key, std::vector<Header> headers,
                                           const TimeLimit &time_limit) {
  const Answer answer = bucket.ask({"look at " + key, "s3:GetObject", "HEAD", key, {}, std::move(headers)}, time_limit,
                                   [](const Answer &head, const std::string &) { return head.status == 404; });
  if (!answer.ok())
    return std::nullopt;
  StoredObject object = stored_object(answer, "x-amz-meta-" + std::string(sha256_metadata));
  object.verified_sha256 = checksum_of_whole(answer);
  return object;
}

} // namespace

std::optional<Sha256> checksum_of_whole(const Answer &head) {
  // "…=-3" is a checksum of checksums.
  const auto digest = from_base64(head.header("x-amz-checksum-sha256"));
  Sha256 hash{};
  if (head.header("x-amz-checksum-type") == "COMPOSITE" || !digest || digest->size() != hash.size())
    return std::nullopt;
  std::copy(digest->begin(), digest->end(), hash.begin());
  return hash;
}

std::optional<StoredObject> status_of(Bucket &bucket, const std::string &key, const TimeLimit &time_limit) {
  return ask_for_status(bucket, key, {}, time_limit);
}

std::optional<StoredObject> verified_status_of(Bucket &bucket, const std::string &key, const TimeLimit &time_limit) {
  try {
    return ask_for_status(bucket, key, {{"x-amz-checksum-mode", "ENABLED"}}, time_limit);
  } catch (const Refusal &) {
    return ask_for_status(bucket, key, {}, time_limit);
  }
}

void list_objects(Bucket &bucket, const std::string &prefix, const TimeLimit &time_limit, Page &page) {
  for (std::string token; !page.is_full();) {
    Query query{{"list-type", "2"}, {"prefix", prefix}, {"max-keys", std::to_string(page.at_once(most_keys))}};
    if (!token.empty())
      query.emplace_back("continuation-token", token);
    else if (!page.after().empty())
      query.emplace_back("start-after", page.after());
    Ask ask{"list " + prefix, "s3:ListBucket", "GET", "", query};
    ask.proof = [](const Answer &listing) { return is_result(listing, "ListBucketResult"); };
    const Answer answer = bucket.ask(ask, time_limit);
    for (const std::string_view entry : xml_elements(answer.body, "Contents"))
      page.take(xml_text(entry, "Key"), size_in(xml_text(entry, "Size")));
    token = xml_text(answer.body, "NextContinuationToken");
    if (xml_text(answer.body, "IsTruncated") != "true" || token.empty())
      return;
  }
}

void try_to_list(Bucket &bucket, const std::string &prefix, const TimeLimit &time_limit) {
  const std::string what = "list the objects";
  try {
    const Answer answer = bucket.ask(
        {what, "s3:ListBucket", "GET", "", {{"list-type", "2"}, {"max-keys", "1"}, {"prefix", prefix}}}, time_limit);
    check_result(bucket, answer, what, "ListBucketResult");
  } catch (const Refusal &refusal) {
    const bool no_right = refusal.status() == 403 && (refusal.code().empty() || refusal.code() == "AccessDenied");
    if (!no_right && refusal.status() != 501 && refusal.code() != "NotImplemented")
      throw;
  }
}

std::vector<UnfinishedUpload> unfinished_uploads(Bucket &bucket, const std::string &prefix,
                                                 const TimeLimit &time_limit) {
  // What is said of an upload means here that the service takes "uploads" for something else.
  const auto knows_none = [](const Answer &answer, const std::string &code) {
    return answer.status == 404 && code == "NoSuchUpload";
  };
  std::vector<UnfinishedUpload> found;
  for (std::string key, id;;) {
    Query query{{"uploads", ""}, {"prefix", prefix}};
    if (!key.empty()) {
      query.emplace_back("key-marker", key);
      query.emplace_back("upload-id-marker", id);
    }
    const Answer answer =
        bucket.ask({to_list_uploads, "s3:ListBucketMultipartUploads", "GET", "", query}, time_limit, knows_none);
    if (!answer.ok())
      throw Refusal(std::string("can't ") + to_list_uploads + ": the service answers 404 NoSuchUpload", answer.status,
                    "NoSuchUpload");
    check_result(bucket, answer, to_list_uploads, "ListMultipartUploadsResult");
    for (const std::string_view entry : xml_elements(answer.body, "Upload"))
      found.push_back({xml_text(entry, "Key"), xml_text(entry, "UploadId"), xml_text(entry, "Initiated")});
    key = xml_text(answer.body, "NextKeyMarker");
    id = xml_text(answer.body, "NextUploadIdMarker");
    if (xml_text(answer.body, "IsTruncated") != "true" || key.empty())
      return found;
  }
}

} // namespace jetcapture::plugins
