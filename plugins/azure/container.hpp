// A container as a service: authorised requests, their answers judged, tokens renewed. Any thread.
#pragma once

#include "azure/authorization.hpp"
#include "azure/errors.hpp"
#include "azure/place.hpp"
#include "http/service.hpp"

#include <atomic>

namespace jetcapture::plugins {

// Rights that sentences name.
constexpr const char *right_to_write =
    "the role Storage Blob Data Contributor, or the permissions c and w of a signature";
constexpr const char *right_to_read = "the role Storage Blob Data Reader, or the permission r of a signature";
constexpr const char *right_to_list = "the role Storage Blob Data Reader, or the permission l of a signature";
constexpr const char *right_to_remove = "the role Storage Blob Data Contributor, or the permission d of a signature";

class Container final : public Service {
public:
  Container(AzurePlace place, const AzureCredentials &credentials, Persistence persistence, Host host)
      : Service(persistence, host), place_(std::move(place)), authorization_(credentials, place_, sessions_) {}

  const AzurePlace &place() const { return place_; }

private:
  Request request(const Ask &ask, const TimeLimit &time_limit, Sent &sent) override;
  Verdict judge(const Answer &answer, const Ask &ask, const Sent &sent, const Allowed &allowed) override;

  const AzurePlace place_;
  Authorization authorization_;
  std::atomic<bool> known_ = false; // an answer has shown that the other side is the service
};

} // namespace jetcapture::plugins
