// What the store "s3" tidies up at its start: uploads in parts that a killed process left.
#include "services/s3_on.hpp"
#include "support/http_proxy.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <set>
#include <string>

using namespace jetcapture::test;

namespace {

// A service with unfinished uploads of one key, which it lists over pages of a thousand.
class Left {
public:
  explicit Left(int count) {
    for (int i = 0; i < count; i++)
      ids_.insert(std::to_string(10'000 + i));
    service.serve([this](const HttpRequest &request) { return answer(request); });
  }
  // Answers so to each request to abort one, and aborts none.
  void refuse_with(const std::string &answer) { refusal_ = answer; }
  std::size_t count() const { return ids_.size(); }
  std::size_t requests_of(const std::string &method) const {
    const auto seen = service.seen();
    return static_cast<std::size_t>(
        std::count_if(seen.begin(), seen.end(), [&](const HttpRequest &one) { return one.method == method; }));
  }
  Given given() const { return s3_on(service.url(), {"abort-unfinished-after=0s"}); }

  HttpProxy service;

private:
  static std::string parameter(const HttpRequest &request, const std::string &name) {
    const std::size_t at = request.target.find(name + "=");
    if (at == std::string::npos)
      return "";
    const std::size_t begin = at + name.size() + 1;
    return request.target.substr(begin, request.target.find('&', begin) - begin);
  }
  std::string answer(const HttpRequest &request) {
    const std::lock_guard lock(mutex_);
    if (request.method == "DELETE" && !refusal_.empty())
      return refusal_;
    if (request.method == "DELETE")
      return http_answer(ids_.erase(parameter(request, "uploadId")) == 1 ? 204 : 404);
    std::string body = "<ListMultipartUploadsResult>";
    int listed = 0;
    auto id = ids_.upper_bound(parameter(request, "upload-id-marker"));
    for (; id != ids_.end() && listed < 1000; ++id, listed++)
      body += "<Upload><Key>S-000000000001-000000001000-5f3a9c0d12ab.csv</Key><UploadId>" + *id +
              "</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload>";
    if (id != ids_.end())
      body += "<IsTruncated>true</IsTruncated><NextKeyMarker>S-000000000001-000000001000-5f3a9c0d12ab.csv"
              "</NextKeyMarker><NextUploadIdMarker>" +
              *std::prev(id) + "</NextUploadIdMarker>";
    return http_answer(200, body + "</ListMultipartUploadsResult>");
  }
  std::mutex mutex_;
  std::set<std::string> ids_;
  std::string refusal_;
};

std::string logged(const TestStore &store) {
  std::string lines;
  for (const std::string &line : store.host.logged())
    lines += line + "\n";
  return lines;
}

} // namespace

TEST_CASE("s3: thousands of unfinished uploads of earlier runs are listed over pages and aborted several at once") {
  Left left(2500);
  const TestStore store(left.given(), "s3");
  CHECK_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  CHECK(left.count() == 0);
  CHECK(left.requests_of("GET") == 3);
  CHECK(left.requests_of("DELETE") == 2500);
  CHECK(left.service.connections() > 1);
  CHECK_MESSAGE(logged(store).find("aborted 2500 unfinished uploads") != std::string::npos, logged(store));
}

TEST_CASE("s3: an upload that another host has aborted meanwhile is no trouble at the start") {
  Left left(3);
  left.refuse_with(http_answer(404, "<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>"));
  const TestStore store(left.given(), "s3");
  CHECK_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  CHECK(left.requests_of("DELETE") == 3);
}

TEST_CASE("s3: a service that is too busy to abort uploads does not keep a capture from its start") {
  Left left(2);
  left.refuse_with(http_answer(503, "<Error><Code>SlowDown</Code><Message>reduce your rate</Message></Error>"));
  const TestStore store(left.given(), "s3");
  CHECK_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  CHECK_MESSAGE(logged(store).find("unfinished uploads of earlier runs stay") != std::string::npos, logged(store));
  CHECK_MESSAGE(logged(store).find("SlowDown") != std::string::npos, logged(store));
}
