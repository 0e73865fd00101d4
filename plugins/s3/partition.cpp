#include "s3/partition.hpp"

#include "jetcapture/plugin.hpp"

#include <iterator>
#include <string_view>

namespace jetcapture::plugins {

namespace {

struct Partition {
  std::string_view region; // what its regions begin with
  std::string_view domain;
  std::string_view dual_stack; // of all services but S3, which has it below the other
};

constexpr Partition partitions[] = {
    {"", "amazonaws.com", "api.aws"},
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
};

const Partition &partition_of(const std::string &region) {
  const Partition *found = std::begin(partitions);
  for (const Partition &partition : partitions)
    if (region.starts_with(partition.region))
      found = &partition;
  return *found;
}

} // namespace

std::string aws_host(const std::string &service, const std::string &region, HostKind kind) {
  const Partition &partition = partition_of(region);
  const bool is_s3 = service == "s3";
  if (kind.fips && is_s3 && partition.region == "cn-")
    throw Misconfigured("S3 has no FIPS endpoint in the region " + region + "; leave out AWS_USE_FIPS_ENDPOINT");
  // The only hosts of STS there are those of FIPS.
  const bool always_fips = !is_s3 && !kind.dual_stack && region.starts_with("us-gov-");
  return service + (kind.fips && !always_fips ? "-fips" : "") + (kind.dual_stack && is_s3 ? ".dualstack" : "") + "." +
         region + "." + std::string(kind.dual_stack && !is_s3 ? partition.dual_stack : partition.domain);
}

} // namespace jetcapture::plugins
