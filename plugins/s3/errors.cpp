#include "s3/errors.hpp"

#include "http/ascii.hpp"
#include "http/verdict.hpp"
#include "http/xml.hpp"

#include <algorithm>
#include <string_view>

namespace jetcapture::plugins {

namespace {

template <std::size_t N>
bool is_one_of(const std::string &code, const std::string_view (&codes)[N]) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

// The option that a service does not know, where it names its header; else all that may be meant.
std::string options_to_leave_out(const std::string &message) {
  struct Asked {
    std::string_view header, option;
  };
  constexpr Asked all[] = {{"x-amz-tagging", "tags"},
                           {"x-amz-storage-class", "storage-class"},
                           {"x-amz-server-side-encryption-aws-kms-key-id", "kms-key"},
                           {"x-amz-server-side-encryption", "server-side-encryption"}};
  const std::string words = lower(message);
  for (const Asked &asked : all)
    if (words.find(asked.header) != std::string::npos)
      return "the option " + std::string(asked.option);
  return "the option that asks for it: tags, storage-class, server-side-encryption or kms-key";
}

// What follows before in the text, up to an apostrophe.
std::string quoted_after(std::string_view text, std::string_view before) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos)
    return "";
  text.remove_prefix(at + before.size());
  const std::size_t end = text.find('\'');
  return end == std::string_view::npos ? "" : std::string(text.substr(0, end));
}

} // namespace

ServiceError::ServiceError(const Answer &answer) {
  if (answer.body.find("<Error") == std::string::npos)
    return;
  code = xml_text(answer.body, "Code");
  message = xml_text(answer.body, "Message");
}

bool has_etag(const Answer &answer) {
  return !answer.header("etag").empty();
}

bool is_completed(const Answer &answer) {
  // versitygw has another name for it.
  return (is_result(answer, "CompleteMultipartUploadResult") || is_result(answer, "CompleteMultipartUploadOutput")) &&
         !xml_text(answer.body, "ETag").empty();
}

bool is_result(const Answer &answer, std::string_view root) {
  constexpr std::string_view blanks = " \t\r\n";
  std::string_view body = answer.body;
  if (body.starts_with("\xef\xbb\xbf"))
    body.remove_prefix(3);
  const auto pass_blanks = [&] { body.remove_prefix(std::min(body.find_first_not_of(blanks), body.size())); };
  pass_blanks();
  if (body.starts_with("<?xml")) {
    const std::size_t end = body.find("?>");
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 2);
    pass_blanks();
  }
  body = body.substr(0, body.find_last_not_of(blanks) + 1);
  if (!body.starts_with("<" + std::string(root)))
    return false;
  const std::string_view behind = body.substr(1 + root.size());
  if (behind.empty() ||
      (behind.front() != '>' && behind.front() != '/' && blanks.find(behind.front()) == std::string_view::npos))
    return false;
  const bool self_closed = behind.ends_with("/>") && behind.find('>') == behind.size() - 1;
  return self_closed || body.ends_with("</" + std::string(root) + ">");
}

bool is_expired(const ServiceError &error) {
  constexpr std::string_view codes[] = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken",
                                        "RequestExpired"};
  return is_one_of(error.code, codes);
}

bool is_passing(const ServiceError &error) {
  constexpr std::string_view codes[] = {"BadDigest",
                                        "ConditionalRequestConflict",
                                        "IncompleteBody",
                                        "InternalError",
                                        "InvalidDigest",
                                        "NoSuchUpload",
                                        "OperationAborted",
                                        "RequestTimeout",
                                        "ServiceUnavailable",
                                        "SlowDown",
                                        "Throttling",
                                        "ThrottlingException",
                                        "XAmzContentChecksumMismatch",
                                        "XAmzContentSHA256Mismatch"};
  return is_one_of(error.code, codes);
}

bool is_not_implemented(const Answer &answer, const ServiceError &error) {
  return answer.status == 501 || error.code == "NotImplemented";
}

bool is_taken(const Refusal &refusal) {
  return refusal.status() == 412;
}

bool may_be_due_to_checksums(const Refusal &refusal) {
  // A proxy that removes headers that it does not know spoils the signature.
  constexpr std::string_view codes[] = {"BadRequest",   "InvalidArgument", "InvalidPart",          "InvalidRequest",
                                        "MalformedXML", "NotImplemented",  "SignatureDoesNotMatch"};
  if (refusal.code().empty())
    return refusal.status() == 400 || refusal.status() == 501;
  return is_one_of(refusal.code(), codes);
}

std::optional<std::string> other_region(const Answer &answer, const ServiceError &error) {
  const bool moved = answer.status == 301 || answer.status == 307 || answer.status == 308;
  const bool wrong_scope =
      error.code == "AuthorizationHeaderMalformed" || error.code == "IllegalLocationConstraintException";
  if (!moved && !wrong_scope && answer.status != 400)
    return std::nullopt;
  std::string region(answer.header("x-amz-bucket-region"));
  if (region.empty() && (moved || wrong_scope))
    region = xml_text(answer.body, "Region");
  if (region.empty() && wrong_scope)
    region = quoted_after(error.message, "expecting '");
  return region.empty() ? std::nullopt : std::optional(region);
}

std::string advice(const Answer &answer, const ServiceError &error, const std::string &what, const std::string &right,
                   const std::string &place, const std::string &credentials) {
  const std::string begin = "can't " + what + ": ";
  const std::string &code = error.code;
  if (code == "NoSuchBucket" || (code.empty() && answer.status == 404))
    return begin + "there is no bucket " + place + "; make it, or correct --store-opt bucket= or endpoint=";
  // The bucket's name was taken for that of an object.
  if (code == "NoSuchKey" && right == "s3:ListBucket")
    return begin + "the endpoint of the bucket " + place +
           " has the bucket in it already (NoSuchKey); leave it out of " + "--store-opt endpoint=";
  if (code == "InvalidAccessKeyId")
    return begin + "the service does not know the access key of " + credentials +
           "; check it, and that endpoint= is the right service";
  if (code == "SignatureDoesNotMatch" && error.message.find("valid Region") != std::string::npos)
    return begin + "the service is in another region; correct --store-opt region= (" + error.message + ")";
  if (code == "SignatureDoesNotMatch")
    return begin + "the service computes another signature, so the secret key of " + credentials +
           " does not belong to its access key; correct the secret key";
  if (code == "RequestTimeTooSkewed")
    return begin + "this machine's clock differs too much from the service's" +
           (answer.header("date").empty() ? "" : ", which says " + std::string(answer.header("date"))) +
           "; set the clock, by NTP for example";
  if (is_expired(error))
    return begin + "the credentials of " + credentials +
           " have expired; give new ones, or credentials that renew themselves";
  if (code == "AuthorizationHeaderMalformed" || answer.status == 301 || answer.status == 307)
    return begin + "the bucket " + place + " is in another region; correct --store-opt region= or endpoint=" +
           (error.message.empty() ? "" : " (" + error.message + ")");
  if (code == "SecondLevelDomainForbidden" || code == "PathStyleDomainForbidden")
    return begin + "the service wants the bucket in the host of the URL; give --store-opt path-style=false";
  const std::string words = error.message.empty() ? words_of(answer) : error.message;
  if (code == "AccessDenied" || code == "AllAccessDisabled" || code == "AccountProblem" || answer.status == 401 ||
      answer.status == 403)
    return begin + "the credentials of " + credentials + " lack the right " + right + " on " + place +
           ", or the bucket's policy forbids it; grant it" + (words.empty() ? "" : " (" + words + ")");
  return begin + "the service refuses it with " + std::to_string(answer.status) + (code.empty() ? "" : " " + code) +
         (words.empty() ? "" : ": " + words) +
         (is_not_implemented(answer, error) && right == "s3:PutObject" ? "; leave out " + options_to_leave_out(words)
                                                                       : "");
}

} // namespace jetcapture::plugins
