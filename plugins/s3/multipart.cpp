#include "s3/multipart.hpp"

#include "http/digest.hpp"
#include "http/encoding.hpp"
#include "http/piece_hasher.hpp"
#include "http/xml.hpp"
#include "s3/errors.hpp"
#include "s3/web_identity.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace jetcapture::plugins {

namespace {

constexpr unsigned most_completions = 3;
constexpr auto between_completions = std::chrono::milliseconds(300);
constexpr auto between_aborts = std::chrono::milliseconds(200);

// Takes a hyphen and so many of these characters off the front.
bool take_run(std::string_view &text, std::string_view characters, std::size_t fewest, std::size_t most) {
  if (!text.starts_with('-'))
    return false;
  const std::size_t size = std::min(text.find_first_not_of(characters, 1), text.size()) - 1;
  text.remove_prefix(1 + size);
  return size >= fewest && size <= most;
}

// The service knows the upload no more.
bool is_gone(const Answer &answer, const std::string &code) {
  return answer.status == 404 && code == "NoSuchUpload";
}

class Upload {
public:
  Upload(Bucket &bucket, std::string key, const Object &object, Checksum checksum, const MultipartSettings &settings,
         const TimeLimit &time_limit)
      : bucket_(bucket), key_(std::move(key)), object_(object), checksum_(checksum), settings_(settings),
        time_limit_(time_limit) {}

  void begin(std::vector<Header> headers) {
    if (checksum_ == Checksum::sha256)
      headers.emplace_back("x-amz-checksum-algorithm", "SHA256");
    unsigned tries = 0;
    const Answer answer = bucket_.ask_anew(
        [&] {
          tries++;
          return Ask{"begin the upload of " + key_, "s3:PutObject", "POST", key_, {{"uploads", ""}}, headers};
        },
        time_limit_);
    id_ = xml_text(answer.body, "UploadId");
    if (id_.empty())
      throw Retry("the service began an upload of " + key_ + " and gave it no id");
    // The answer of a try that got lost named an upload that nobody knows.
    if (tries > 1)
      abort_others();
  }

  void send_parts() {
    const std::uint64_t part_size = fitting_part(object_.bytes(), settings_.part_size);
    parts_.resize(static_cast<std::size_t>((object_.bytes() + part_size - 1) / part_size));
    PieceHasher hasher(object_, EVP_sha256());
    std::size_t number = 0;
    bucket_.ask_many(
        settings_.parallel,
        [&]() -> std::optional<Service::Task> {
          if (number == parts_.size())
            return std::nullopt;
          const std::uint64_t offset = number * part_size;
          const std::uint64_t size = std::min(part_size, object_.bytes() - offset);
          Part &part = parts_[number++];
          part.hash = hasher.next<Sha256>(offset, size, time_limit_);
          return Service::Task{put_of(number, offset, size, part.hash),
                               [&part](const Answer &answer) { part.tag = answer.header("etag"); }};
        },
        time_limit_);
    hasher.check_sha256();
  }

  void complete() {
    std::string list = list_of_parts();
    const std::string hash = hex(bytes_of(sha256_of(list)));
    std::vector<Header> headers{{"content-type", "application/xml"}};
    if (object_.create_only())
      headers.push_back(only_where_there_is_none);
    const Ask ask{"complete the upload of " + key_,
                  "s3:PutObject",
                  "POST",
                  key_,
                  {{"uploadId", id_}},
                  std::move(headers),
                  Body(std::move(list)),
                  hash};
    for (unsigned tries = 1;; tries++) {
      const Answer answer = bucket_.ask(ask, time_limit_, is_gone);
      if (answer.ok() && is_completed(answer))
        return;
      // A try whose answer was lost, or was no proof, may have completed it. The object may also be that of an earlier
      // put, or of another writer with the same bytes: who has to know is told that it is there.
      if (object_.create_only() && status_of(bucket_, key_, time_limit_))
        throw Exists("there is already an object " + key_ + ", perhaps of this upload, whose answer was lost");
      if (!object_.create_only() && is_stored()) {
        abort();
        return;
      }
      if (!answer.ok())
        throw Retry("the service knows the upload of " + key_ + " no more, so it is begun anew");
      if (tries == most_completions)
        throw Retry(unproved(answer, ask.what, "S3").sentence);
      std::this_thread::sleep_for(between_completions);
    }
  }

  // As far as the service can be told; what is left goes at a later start. A part that was on its way may still arrive
  // after the service has aborted, and bring the upload back: so says S3's reference, and so it is aborted until the
  // service knows it no more.
  void abort() noexcept {
    try {
      for (int rounds = 0; !id_.empty() && rounds < 4 && abort_one(id_); rounds++)
        std::this_thread::sleep_for(between_aborts);
    } catch (const std::exception &failure) {
      bucket_.host().warn(std::string("an unfinished upload is left to a later start: ") + failure.what());
    }
  }

private:
  struct Part {
    Sha256 hash;
    std::string tag; // the service's, once it has it
  };

  Ask put_of(std::size_t number, std::uint64_t offset, std::uint64_t size, const Sha256 &hash) const {
    const Body body(object_, offset, size);
    return {"put part " + std::to_string(number) + " of " + key_,
            "s3:PutObject",
            "PUT",
            key_,
            {{"partNumber", std::to_string(number)}, {"uploadId", id_}},
            checksum_headers(checksum_, body, hash, time_limit_),
            body,
            hex(bytes_of(hash)),
            nullptr,
            has_etag};
  }

  std::string list_of_parts() const {
    std::string list = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    for (std::size_t i = 0; i < parts_.size(); i++)
      list +=
          "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + xml_escaped(parts_[i].tag) +
          "</ETag>" +
          (checksum_ == Checksum::sha256 ? "<ChecksumSHA256>" + base64(bytes_of(parts_[i].hash)) + "</ChecksumSHA256>"
                                         : "") +
          "</Part>";
    return list + "</CompleteMultipartUpload>";
  }

  bool is_stored() const {
    const auto found = status_of(bucket_, key_, time_limit_);
    return found && found->is(object_);
  }

  // False: there was no such upload.
  bool abort_one(const std::string &id) const {
    return bucket_
        .ask({"abort the upload of " + key_, "s3:AbortMultipartUpload", "DELETE", key_, {{"uploadId", id}}},
             time_limit_.for_tidying(), is_gone)
        .ok();
  }

  void abort_others() {
    try {
      for (const UnfinishedUpload &upload : unfinished_uploads(bucket_, key_, time_limit_))
        if (upload.key == key_ && upload.id != id_)
          abort_one(upload.id);
    } catch (const NotTheService &other) {
      throw Retry(other.what()); // it was S3 at the start
    } catch (const Refusal &refusal) {
      bucket_.host().warn(std::string("an unfinished upload is left to a later start: ") + refusal.what());
    }
  }

  Bucket &bucket_;
  const std::string key_;
  const Object &object_;
  const Checksum checksum_;
  const MultipartSettings settings_;
  const TimeLimit time_limit_;
  std::string id_;
  std::vector<Part> parts_;
};

} // namespace

std::uint64_t fitting_part(std::uint64_t bytes, std::uint64_t part_size) {
  constexpr std::uint64_t step = 1 << 20;
  const std::uint64_t needed = (bytes + most_parts - 1) / most_parts;
  return std::max(part_size, (needed + step - 1) / step * step);
}

void put_in_parts(Bucket &bucket, const std::string &key, const Object &object, std::vector<Header> headers,
                  Checksum checksum, const MultipartSettings &settings, const TimeLimit &time_limit) {
  Upload upload(bucket, key, object, checksum, settings, time_limit);
  try {
    upload.begin(std::move(headers));
    upload.send_parts();
    upload.complete();
  } catch (...) {
    upload.abort();
    throw;
  }
}

bool is_block_name(std::string_view key) {
  const std::string_view name = key.substr(key.rfind('/') + 1);
  for (std::size_t hyphen = name.find('-'); hyphen != std::string_view::npos; hyphen = name.find('-', hyphen + 1)) {
    std::string_view rest = name.substr(hyphen);
    if (take_run(rest, "0123456789", 12, 20) && take_run(rest, "0123456789", 12, 20) &&
        take_run(rest, "0123456789abcdef", 12, 12))
      return true;
  }
  return false;
}

std::vector<UnfinishedUpload> left_uploads(Bucket &bucket, const std::string &prefix, std::chrono::nanoseconds age,
                                           const TimeLimit &time_limit) {
  const auto before = std::chrono::system_clock::now() - age;
  std::vector<UnfinishedUpload> left;
  for (UnfinishedUpload &upload : unfinished_uploads(bucket, prefix, time_limit))
    if (const auto began = time_of(upload.initiated); began && *began <= before && is_block_name(upload.key))
      left.push_back(std::move(upload));
  return left;
}

void abort_uploads(Bucket &bucket, const std::vector<UnfinishedUpload> &uploads, unsigned parallel,
                   const TimeLimit &time_limit, unsigned &aborted) {
  auto next = uploads.begin();
  bucket.ask_many(
      parallel,
      [&]() -> std::optional<Service::Task> {
        if (next == uploads.end())
          return std::nullopt;
        const UnfinishedUpload &upload = *next++;
        return Service::Task{{"abort the upload of " + upload.key,
                              "s3:AbortMultipartUpload",
                              "DELETE",
                              upload.key,
                              {{"uploadId", upload.id}}},
                             [&](const Answer &) { aborted++; },
                             is_gone};
      },
      time_limit);
}

} // namespace jetcapture::plugins
