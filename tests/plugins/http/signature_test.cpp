// AWS Signature Version 4 against the examples that AWS publishes.
#include "http/digest.hpp"
#include "http/encoding.hpp"
#include "s3/sigv4.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace jetcapture::plugins;

namespace {

std::string signature(const std::string &authorization) {
  return authorization.substr(authorization.find("Signature=") + 10);
}

std::string sha256(std::string_view text) {
  return hex(bytes_of(sha256_of(text)));
}

// "Signature Calculations for the Authorization Header" of the S3 API reference.
std::string of_s3(std::string_view method, std::string_view path, const Query &query, std::vector<Header> headers,
                  const std::string &payload) {
  headers.emplace_back("host", "examplebucket.s3.amazonaws.com");
  headers.emplace_back("x-amz-content-sha256", sha256(payload));
  const std::string canonical = canonical_query(query);
  const std::string hash = sha256(payload);
  return authorization({"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", "s3"},
                       {method, path, canonical, headers, hash, "20130524T000000Z"});
}

// The test suite of Signature Version 4: one day, one key, the service "service".
std::string of_suite(std::string_view path, const Query &query) {
  const std::vector<Header> headers{{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}};
  const std::string canonical = canonical_query(query);
  const std::string hash = sha256("");
  return signature(authorization({"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"},
                                 {"GET", path, canonical, headers, hash, "20150830T123600Z"}));
}

} // namespace

TEST_CASE("signatures are those of the S3 reference's examples") {
  const Header date{"x-amz-date", "20130524T000000Z"};
  CHECK(of_s3("GET", "/test.txt", {}, {date, {"range", "bytes=0-9"}}, "") ==
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(
      signature(of_s3("PUT", "/test%24file.text", {},
                      {date, {"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                      "Welcome to Amazon S3.")) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  CHECK(signature(of_s3("GET", "/", {{"lifecycle", ""}}, {date}, "")) ==
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  CHECK(signature(of_s3("GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {date}, "")) ==
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("signatures are those of AWS's test suite, with queries in any order and bytes above ASCII") {
  CHECK(of_suite("/", {}) == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(of_suite("/", {{"Param2", "value2"}, {"Param1", "value1"}}) ==
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  CHECK(of_suite("/" + percent_encoded("\xe1\x88\xb4"), {}) ==
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
  CHECK(of_suite("/", {{"\xe1\x88\xb4", "bar"}}) == "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04");
}
