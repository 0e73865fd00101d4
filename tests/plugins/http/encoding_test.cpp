// Texts that services send and want.
#include "http/encoding.hpp"
#include "http/message.hpp"
#include "http/object_key.hpp"
#include "http/xml.hpp"
#include "s3/multipart.hpp"
#include "s3/partition.hpp"
#include "s3/place.hpp"

#include <doctest/doctest.h>

#include <array>
#include <ctime>
#include <string>
#include <utility>

using namespace jetcapture::plugins;

TEST_CASE("base64 and hexadecimal go there and back, and refuse what they are not") {
  for (const std::string &bytes :
       {std::string("f"), std::string("fo"), std::string("foo"), std::string("\0\xff\x80", 3)}) {
    CHECK(from_base64(base64(bytes)) == bytes);
    CHECK(from_hex(hex(bytes)) == bytes);
  }
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("").empty());
  CHECK(hex("\xba\x0f") == "ba0f");
  CHECK_FALSE(from_base64("Zg=").has_value());
  CHECK_FALSE(from_base64("Z*==").has_value());
  CHECK_FALSE(from_hex("abc").has_value());
  CHECK_FALSE(from_hex("zz").has_value());
}

TEST_CASE("percent-encoding keeps what RFC 3986 leaves free, and slashes when asked") {
  CHECK(percent_encoded("a-b._~/c d%+\xc3\xa4", true) == "a-b._~/c%20d%25%2B%C3%A4");
  CHECK(percent_encoded("a/b") == "a%2Fb");
}

TEST_CASE("an answer's XML gives texts and elements, with entities resolved and other names passed over") {
  const std::string xml = "<?xml version=\"1.0\"?><R><Contents a=\"b\"><Key>a &amp; &lt;b&gt; &#xe4;&#228; &nbsp; "
                          "&</Key><Size>3</Size></Contents>"
                          "<ContentsMore><Key>no</Key></ContentsMore><Contents><Key/></Contents><Contents><Key>cut";
  const auto entries = xml_elements(xml, "Contents");
  REQUIRE(entries.size() == 2);
  CHECK(xml_text(entries[0], "Key") == "a & <b> \xc3\xa4\xc3\xa4 &nbsp; &");
  CHECK(xml_text(entries[0], "Size") == "3");
  CHECK(xml_text(entries[1], "Key").empty());
  CHECK(xml_text(xml, "Missing").empty());
  CHECK(xml_escaped("<\"a\"&b>") == "&lt;&quot;a&quot;&amp;b&gt;");
}

TEST_CASE("Retry-After is seconds or a date") {
  const auto after = [](const std::string &value) {
    Answer answer;
    answer.headers = {{"retry-after", value}};
    return answer.retry_after();
  };
  CHECK(after("7") == std::chrono::seconds(7));
  CHECK(after("-1") == std::chrono::seconds(0));
  CHECK_FALSE(after("soon").has_value());
  const std::time_t then = std::time(nullptr) + 100;
  std::tm parts{};
  ::gmtime_r(&then, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  REQUIRE(after(text).has_value());
  CHECK(after(text)->count() >= 98);
  CHECK(after(text)->count() <= 100);
}

TEST_CASE("a bucket is reached by host or by path, under AWS's names or an endpoint's") {
  CHECK(Place("blocks", "", false).authority("eu-west-1") == "blocks.s3.eu-west-1.amazonaws.com");
  CHECK(Place("blocks", "", false).path("a b/c") == "/a%20b/c");
  CHECK(Place("blocks", "", true).authority("eu-west-1") == "s3.eu-west-1.amazonaws.com");
  CHECK(Place("blocks", "", true).path("a") == "/blocks/a");
  CHECK(Place("with.dots", "", false).path("a") == "/with.dots/a");
  CHECK(Place("blocks", "", false).authority("cn-north-1") == "blocks.s3.cn-north-1.amazonaws.com.cn");
  CHECK(Place("blocks", "https://minio.example:9000/", false).authority("x") == "blocks.minio.example:9000");
  CHECK(Place("blocks", "http://minio:9000", std::nullopt).authority("x") == "minio:9000");
  CHECK(Place("blocks", "http://minio:9000", std::nullopt).path("a") == "/blocks/a");
  CHECK(Place("blocks", "", std::nullopt).authority("eu-west-1") == "blocks.s3.eu-west-1.amazonaws.com");
  CHECK(Place("blocks", " HTTP://minio:9000\n", std::nullopt).scheme() == "http");
  CHECK(Place("blocks", "http://127.0.0.1:9000", false).path("a") == "/blocks/a");
  CHECK(Place("blocks", "https://gateway.example/s3", true).path("a") == "/s3/blocks/a");
}

TEST_CASE("each partition of AWS has names of hosts of its own, for every service") {
  for (const auto &[region, domain] : {std::pair<std::string, std::string>{"eu-west-1", "amazonaws.com"},
                                       {"us-gov-west-1", "amazonaws.com"},
                                       {"cn-north-1", "amazonaws.com.cn"},
                                       {"cn-northwest-1", "amazonaws.com.cn"},
                                       {"eusc-de-east-1", "amazonaws.eu"},
                                       {"us-iso-east-1", "c2s.ic.gov"},
                                       {"us-isob-east-1", "sc2s.sgov.gov"},
                                       {"eu-isoe-west-1", "cloud.adc-e.uk"},
                                       {"us-isof-south-1", "csp.hci.ic.gov"}})
    for (const char *service : {"s3", "sts"})
      CHECK(aws_host(service, region) == std::string(service) + "." + region + "." + domain);
}

TEST_CASE("hosts of FIPS and of both versions of IP are those of the partition, for every service") {
  constexpr HostKind fips{true, false}, dual_stack{false, true}, both{true, true};
  for (const auto &[region, domain, of_sts] : {std::array<std::string, 3>{"eu-west-1", "amazonaws.com", "api.aws"},
                                               {"eusc-de-east-1", "amazonaws.eu", "api.amazonwebservices.eu"},
                                               {"us-iso-east-1", "c2s.ic.gov", "api.aws.ic.gov"},
                                               {"us-isob-east-1", "sc2s.sgov.gov", "api.aws.scloud"},
                                               {"eu-isoe-west-1", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
                                               {"us-isof-south-1", "csp.hci.ic.gov", "api.aws.hci.ic.gov"}}) {
    CHECK(aws_host("s3", region, fips) == "s3-fips." + region + "." + domain);
    CHECK(aws_host("s3", region, dual_stack) == "s3.dualstack." + region + "." + domain);
    CHECK(aws_host("s3", region, both) == "s3-fips.dualstack." + region + "." + domain);
    CHECK(aws_host("sts", region, fips) == "sts-fips." + region + "." + domain);
    CHECK(aws_host("sts", region, dual_stack) == "sts." + region + "." + of_sts);
    CHECK(aws_host("sts", region, both) == "sts-fips." + region + "." + of_sts);
  }
  CHECK(aws_host("s3", "us-gov-west-1", fips) == "s3-fips.us-gov-west-1.amazonaws.com");
  CHECK(aws_host("sts", "us-gov-west-1", fips) == "sts.us-gov-west-1.amazonaws.com");
  CHECK(aws_host("sts", "us-gov-west-1", both) == "sts-fips.us-gov-west-1.api.aws");
  CHECK(aws_host("sts", "cn-north-1", dual_stack) == "sts.cn-north-1.api.amazonwebservices.com.cn");
  CHECK(aws_host("s3", "cn-north-1", dual_stack) == "s3.dualstack.cn-north-1.amazonaws.com.cn");
  CHECK_THROWS_WITH(aws_host("s3", "cn-north-1", fips),
                    "S3 has no FIPS endpoint in the region cn-north-1; leave out AWS_USE_FIPS_ENDPOINT");
}

TEST_CASE("parts grow so that the largest block fits into ten thousand") {
  constexpr std::uint64_t MiB = 1 << 20;
  CHECK(fitting_part(100 * MiB, 16 * MiB) == 16 * MiB);
  for (const std::uint64_t bytes : {160'000 * MiB + 1, 1'000'000 * MiB, 5'000'000 * MiB}) {
    const std::uint64_t part = fitting_part(bytes, 16 * MiB);
    CHECK((bytes + part - 1) / part <= 10'000);
    CHECK(part % MiB == 0);
  }
}

TEST_CASE("only names that the host gives to blocks count as blocks") {
  CHECK(is_block_name("eu/2026/ORDERS-000000000001-000000001000-5f3a9c0d12ab.csv.gz"));
  CHECK(is_block_name("S-000000000001-000000001000-5f3a9c0d12ab"));
  CHECK_FALSE(is_block_name("S-000000000001-000000001000-5f3a9c0d12ab/video.mp4"));
  CHECK_FALSE(is_block_name("backup-20261124-video.mp4"));
  CHECK_FALSE(is_block_name(""));
}
