#include "s3/partition.hpp"

#include <string_view>

namespace jetcapture::plugins {

namespace {

struct Partition {
  std::string_view region; // what its regions begin with
  std::string_view domain;
};

constexpr Partition partitions[] = {
    {"cn-", "amazonaws.com.cn"},   {"eusc-", "amazonaws.eu"},      {"us-iso-", "c2s.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov"}, {"eu-isoe-", "cloud.adc-e.uk"}, {"us-isof-", "csp.hci.ic.gov"},
};

} // namespace

std::string aws_host(const std::string &service, const std::string &region) {
  std::string_view domain = "amazonaws.com";
  for (const Partition &partition : partitions)
    if (region.starts_with(partition.region))
      domain = partition.domain;
  return service + "." + region + "." + std::string(domain);
}

} // namespace jetcapture::plugins
