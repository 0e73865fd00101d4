// Store "s3": blocks as objects of a bucket. Options and results: README.md.
#include "http/content_encoding.hpp"
#include "http/encoding.hpp"
#include "http/object_key.hpp"
#include "http/variables.hpp"
#include "jetcapture/plugin.hpp"
#include "s3/bucket.hpp"
#include "s3/checksums.hpp"
#include "s3/configured_endpoint.hpp"
#include "s3/errors.hpp"
#include "s3/listing.hpp"
#include "s3/multipart.hpp"
#include "s3/partition.hpp"
#include "s3/profile.hpp"
#include "s3/upload_headers.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace jetcapture::plugins {

namespace {

constexpr std::size_t longest_key = 1024;
constexpr auto start_time = std::chrono::seconds(30);
constexpr auto older_than_all = std::chrono::hours(24 * 36500);
constexpr const char *encryptions[] = {"AES256", "aws:kms", "aws:kms:dsse", nullptr};

std::string first_of(std::initializer_list<std::string> texts) {
  for (const std::string &text : texts)
    if (!text.empty())
      return text;
  return "";
}

std::string profile_of(const Options &given) {
  return first_of({chosen_profile(given.text("profile")), "default"});
}

std::string region_of(const Options &given) {
  const ProfileValues profile = read_profile(profile_of(given)).value_or(ProfileValues());
  return first_of({given.text("region"), variable("AWS_REGION"), variable("AWS_DEFAULT_REGION"),
                   value_of(profile, "region"), "us-east-1"});
}

Place place_of(const Options &given) {
  std::string endpoint = given.text("endpoint");
  if (endpoint.empty())
    endpoint = configured_endpoint("s3", profile_of(given));
  return Place(given.text("bucket"), endpoint,
               given.given("path-style") ? std::optional(given.flag("path-style"))
                                         : configured_path_style(profile_of(given)),
               configured_host_kind(profile_of(given)));
}

CredentialSettings credentials_of(const Options &given) {
  // A file that a secret was read from may have ended its line as Windows does.
  const auto secret = [&](const char *name) { return std::string(trimmed(given.text(name))); };
  std::string token_service = configured_endpoint("sts", profile_of(given));
  if (token_service.empty())
    token_service = "https://" + aws_host("sts", region_of(given), configured_host_kind(profile_of(given)));
  return {secret("access-key"), secret("secret-key"), secret("session-token"), given.text("profile"), token_service};
}

MultipartSettings parts_of(const Options &given) {
  const std::uint64_t size = given.bytes("part-size");
  const std::int64_t parallel = given.integer("parallel-parts");
  if (size < smallest_part || size > largest_part)
    throw Misconfigured("the value of part-size is outside of what S3 takes; write a size from 5MiB to 5GiB");
  if (parallel < 1 || parallel > 64)
    throw Misconfigured("the value of parallel-parts, " + std::to_string(parallel) + ", is outside of 1 to 64");
  return {size, static_cast<unsigned>(parallel)};
}

} // namespace

class S3Store {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary =
      "Objects of an S3 bucket, each whole and with a hash that the service verified";
  static constexpr std::uint32_t flags = JETCAPTURE_STORE_CREATES;
  static constexpr jetcapture_option options[] = {
      text_option("bucket", nullptr, "The bucket.", JETCAPTURE_OPTION_REQUIRED),
      text_option("prefix", nullptr, "What all keys begin with, such as backup/orders; a slash is put behind it."),
      text_option("region", nullptr,
                  "Region of the bucket; without it AWS_REGION, AWS_DEFAULT_REGION, the profile's, or us-east-1."),
      text_option(
          "endpoint", nullptr,
          "URL of a service other than AWS, such as https://minio.example:9000; without it AWS_ENDPOINT_URL_S3, "
          "AWS_ENDPOINT_URL, the profile's endpoint_url, or AWS's."),
      flag_option(
          "path-style", nullptr,
          "The bucket in the path of the URL, or in its host; without it as the profile's addressing_style, else "
          "in the path where an endpoint is given, and always where the host is an address."),
      text_option("access-key", nullptr,
                  "Access key; without it the AWS tools' environment, files and services are used.",
                  JETCAPTURE_OPTION_SECRET),
      text_option("secret-key", nullptr, "Secret key of the access key.", JETCAPTURE_OPTION_SECRET),
      text_option("session-token", nullptr, "Session token, where the keys are temporary.", JETCAPTURE_OPTION_SECRET),
      text_option("profile", nullptr, "Profile of ~/.aws/credentials and ~/.aws/config."),
      size_option("part-size", "100MiB", "Blocks above it go up in parts of this size."),
      integer_option("parallel-parts", "4", "Parts of a block that go up at the same time."),
      duration_option("abort-unfinished-after", "1h",
                      "At the start, uploads of blocks below the prefix that began longer ago are aborted."),
      duration_option("stall-timeout", "30s",
                      "A request on which nothing moves for so long is given up and made again."),
      choice_option("server-side-encryption", encryptions, nullptr,
                    "Encryption by the service; without it the bucket's own."),
      text_option("kms-key", nullptr, "Key of aws:kms; without it the account's."),
      text_option("storage-class", nullptr, "Storage class, such as STANDARD_IA; without it the service's usual one."),
      list_option("tags", nullptr, "Tags of the objects, NAME=VALUE."),
      content_encoding_option()};

  explicit S3Store(const Options &given)
      : host_(given.host()), prefix_(checked_prefix(given.text("prefix"))), parts_(parts_of(given)), headers_(given),
        bucket_(place_of(given), region_of(given), credentials_of(given), persistence_of(given), host_),
        checksums_(host_) {
    // It shows that bucket and credentials are right, too; a check aborts none.
    tidy_up(given.check_only() ? older_than_all : given.duration("abort-unfinished-after"));
  }

  void put(const Object &object, jetcapture_result &result) {
    const std::string key = object_key(prefix_, object.name(), longest_key);
    const TimeLimit time_limit{host_, object.raw().deadline};
    time_limit.check();
    const auto look = [&] { return status_of(bucket_, key, time_limit); };
    checksums_.upload([&](Checksum checksum) {
      const auto upload = [&] {
        if (object.bytes() > parts_.part_size)
          put_in_parts(bucket_, key, object, headers_.of(object), checksum, parts_, time_limit);
        else
          put_whole(key, object, checksum, time_limit);
      };
      if (object.create_only())
        create_unless_there(key, upload, is_taken, look);
      else
        put_unless_there(object, upload, look);
    });
    if (result.set_location != nullptr)
      result.set_location(&result, text("s3://" + bucket_.place().bucket() + "/" + key));
  }

  void stat(std::string_view name, jetcapture_object_status &status) {
    status.exists = 0;
    if (const auto found = verified_status_of(bucket_, object_key(prefix_, name, longest_key), {host_}))
      found->fill(status);
  }

  void get(std::string_view name, std::uint64_t offset, std::uint64_t count, const jetcapture_visitor &visitor) {
    const std::string key = object_key(prefix_, name, longest_key);
    const auto found = status_of(bucket_, key, {host_});
    if (!found)
      throw NotFound("there is no object " + key + " in the bucket " + bucket_.place().bucket());
    const Range range = range_of(found->bytes, offset, count);
    bucket_.get({"get " + key, "s3:GetObject", "GET", key}, range.begin, range.end,
                [&](std::string_view bytes) { hand_on(visitor.bytes(&visitor, text(bytes))); }, {host_});
  }

  void list(std::string_view prefix, std::string_view after, std::uint64_t limit, const jetcapture_visitor &visitor) {
    Page page(prefix_, after, limit, visitor);
    list_objects(bucket_, key_prefix(prefix_, prefix), {host_}, page);
  }

  void remove(std::string_view name) {
    const std::string key = object_key(prefix_, name, longest_key);
    bucket_.ask(
        {"remove " + key, "s3:DeleteObject", "DELETE", key}, {host_},
        [](const Answer &answer, const std::string &code) { return answer.status == 404 && code != "NoSuchBucket"; });
  }

private:
  void put_whole(const std::string &key, const Object &object, Checksum checksum, const TimeLimit &time_limit) {
    Sha256 hash{};
    std::copy(std::begin(object.raw().sha256), std::end(object.raw().sha256), hash.begin());
    const Body body(object, 0, object.bytes());
    std::vector<Header> headers = headers_.of(object);
    for (Header &header : checksum_headers(checksum, body, hash, time_limit))
      headers.push_back(std::move(header));
    if (object.create_only())
      headers.push_back(only_where_there_is_none);
    bucket_.ask({"put " + key,
                 "s3:PutObject",
                 "PUT",
                 key,
                 {},
                 std::move(headers),
                 body,
                 hex(bytes_of(hash)),
                 nullptr,
                 has_etag},
                time_limit);
  }

  // Also shows at the start that bucket and credentials are right. Services refuse to list uploads in many ways, of
  // which some also mean another fault: whether that is so shows the listing of objects, which every service knows.
  // Without the right to list, or with a service that can't, it goes on.
  void tidy_up(std::chrono::nanoseconds age) {
    const TimeLimit time_limit = TimeLimit{host_}.at_most(start_time);
    const std::string prefix = key_prefix(prefix_, "");
    try {
      abort_all(left_uploads(bucket_, prefix, age, time_limit), time_limit);
    } catch (const Refusal &refusal) {
      try_to_list(bucket_, prefix, time_limit);
      warn_of_uploads(refusal);
    }
  }

  // A service that is too busy for that takes blocks, or has them tried again.
  void abort_all(const std::vector<UnfinishedUpload> &uploads, const TimeLimit &time_limit) {
    unsigned aborted = 0;
    try {
      abort_uploads(bucket_, uploads, parts_.parallel, time_limit, aborted);
    } catch (const Retry &failure) {
      warn_of_uploads(failure);
    }
    if (aborted > 0)
      host_.info("aborted " + std::to_string(aborted) + " unfinished uploads of an earlier run in the bucket " +
                 bucket_.place().bucket());
  }

  void warn_of_uploads(const std::exception &failure) const {
    host_.warn("unfinished uploads of earlier runs stay: " + std::string(failure.what()));
  }

  const Host host_;
  const std::string prefix_;
  const MultipartSettings parts_;
  const UploadHeaders headers_;
  Bucket bucket_;
  Checksums checksums_;
};

} // namespace jetcapture::plugins

JETCAPTURE_CPP_STORE(s3, jetcapture::plugins::S3Store);
