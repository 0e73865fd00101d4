// What S3's error codes mean for a call, and the sentence that names what to do.
#pragma once

#include "http/message.hpp"
#include "http/refusal.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::plugins {

// <Code> and <Message> of an answer, also of one of 200 that holds an error.
struct ServiceError {
  std::string code;
  std::string message;
  explicit ServiceError(const Answer &answer);
};

// The other side is something else than S3, such as a web server that says 200 to anything.
class NotTheService : public Misconfigured {
public:
  using Misconfigured::Misconfigured;
};

// Proofs that an answer of 2xx is S3's and whole. A result is read from its root element to that element's end, which a
// body that was cut short lacks.
bool has_etag(const Answer &answer);
bool is_completed(const Answer &answer);
bool is_result(const Answer &answer, std::string_view root);

// The service wants other credentials than these, which were good once.
bool is_expired(const ServiceError &error);

// The request or its answer suffered on the way, the service is busy, or an upload is gone and can be begun anew.
bool is_passing(const ServiceError &error);

// The service has no such function, or does not know a header. Another try would change nothing, though it is a 5xx.
bool is_not_implemented(const Answer &answer, const ServiceError &error);

// The object that was to be put only where there is none is there.
bool is_taken(const Refusal &refusal);

// Whether the checksum of an upload, or that there was none, may be the reason.
bool may_be_due_to_checksums(const Refusal &refusal);

// Where the answer says that the bucket is in another region than the one asked: that one.
std::optional<std::string> other_region(const Answer &answer, const ServiceError &error);

// What someone has to do, with the service's own words. what: "put x". right: "s3:PutObject". place: "bucket at host".
// credentials: where they come from.
std::string advice(const Answer &answer, const ServiceError &error, const std::string &what, const std::string &right,
                   const std::string &place, const std::string &credentials);

} // namespace jetcapture::plugins
