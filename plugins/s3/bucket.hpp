// A bucket as a service: signed requests, their answers judged, credentials renewed and the right region found on the
// way. Any thread.
#pragma once

#include "http/service.hpp"
#include "s3/credentials.hpp"
#include "s3/errors.hpp"
#include "s3/place.hpp"
#include "s3/sigv4.hpp"

#include <mutex>
#include <string>

namespace jetcapture::plugins {

class Bucket final : public Service {
public:
  Bucket(Place place, std::string region, CredentialSettings credentials, Persistence persistence, Host host);

  const Place &place() const { return place_; }

private:
  Request request(const Ask &ask, const TimeLimit &time_limit, Sent &sent) override;
  Verdict judge(const Answer &answer, const Ask &ask, const Sent &sent, const Allowed &allowed) override;
  std::string region() const;

  const Place place_;
  CredentialKeeper credentials_;
  mutable std::mutex mutex_;
  std::string region_;
};

} // namespace jetcapture::plugins
