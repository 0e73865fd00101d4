#include "http/transfer.hpp"

#include "http/ascii.hpp"
#include "http/variables.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace jetcapture::plugins {

namespace {

constexpr long connect_seconds = 10;
// Longest answer that is kept: a listing of a thousand long names is below 2 MB.
constexpr std::size_t longest_answer = 16 << 20;

template <class Value>
void set(CURL *handle, CURLoption option, Value value) {
  if (::curl_easy_setopt(handle, option, value) != CURLE_OK)
    throw Fatal("libcurl lacks an option that is needed; install libcurl 7.85 or newer");
}

// What a connection may have broken for, where the URL is likely to be wrong; "" otherwise.
std::string advice_for(CURLcode code, std::string_view error, std::string_view url) {
  if (code == CURLE_SSL_CONNECT_ERROR && error.find("wrong version number") != std::string_view::npos)
    return "; the port seems to speak http: write http:// for https://";
  // What is no HTTP counts as its version 0.9.
  if (code == CURLE_UNSUPPORTED_PROTOCOL && url.starts_with("http:"))
    return "; the port seems to speak https: write https:// for http://";
  return "";
}

} // namespace

Transfer::Transfer(Request request, std::chrono::seconds stall)
    : request_(std::move(request)), handle_(::curl_easy_init(), ::curl_easy_cleanup),
      headers_(nullptr, ::curl_slist_free_all) {
  if (handle_ == nullptr)
    throw Retry("libcurl has no handle left");
  CURL *const handle = handle_.get();
  set(handle, CURLOPT_PRIVATE, this);
  set(handle, CURLOPT_ERRORBUFFER, error_);
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(handle, CURLOPT_PATH_AS_IS, 1L);
  set(handle, CURLOPT_CONNECTTIMEOUT, connect_seconds);
  set(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(stall.count()));
  set(handle, CURLOPT_USERAGENT, "jetcapture");
  set(handle, CURLOPT_URL, request_.url.c_str());
  set_authorities();
  if (request_.direct)
    set(handle, CURLOPT_NOPROXY, "*");
  set(handle, CURLOPT_HEADERFUNCTION, &take_header);
  set(handle, CURLOPT_HEADERDATA, this);
  set(handle, CURLOPT_WRITEFUNCTION, &take_bytes);
  set(handle, CURLOPT_WRITEDATA, this);
  set_method();

  // Without waiting for "100 Continue", which costs a second where a server does not say it.
  headers_.reset(::curl_slist_append(nullptr, "Expect:"));
  for (const auto &[name, value] : request_.headers) {
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    if (line.find_first_of("\r\n") != std::string::npos)
      throw Misconfigured("the value of the header " + name + " has a line break");
    ::curl_slist_append(headers_.get(), line.c_str());
  }
  set(handle, CURLOPT_HTTPHEADER, headers_.get());
}

// libcurl takes its own list of authorities only: these variables are those of OpenSSL, of the AWS tools and of curl.
void Transfer::set_authorities() {
  CURL *const handle = handle_.get();
  for (const char *name : {"SSL_CERT_FILE", "AWS_CA_BUNDLE", "CURL_CA_BUNDLE"}) {
    const std::string authorities = variable(name);
    if (authorities.empty())
      continue;
    std::error_code none;
    const bool is_folder = std::filesystem::is_directory(authorities, none);
    set(handle, is_folder ? CURLOPT_CAPATH : CURLOPT_CAINFO, authorities.c_str());
    break;
  }
  if (const std::string folder = variable("SSL_CERT_DIR"); !folder.empty())
    set(handle, CURLOPT_CAPATH, folder.c_str());
}

void Transfer::set_method() {
  CURL *const handle = handle_.get();
  if (request_.method == "HEAD") {
    set(handle, CURLOPT_NOBODY, 1L);
  } else if (request_.method == "PUT" || request_.method == "POST") {
    set(handle, CURLOPT_UPLOAD, 1L);
    set(handle, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
    set(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(handle, CURLOPT_READFUNCTION, &read_body);
    set(handle, CURLOPT_READDATA, this);
    set(handle, CURLOPT_SEEKFUNCTION, &seek_body);
    set(handle, CURLOPT_SEEKDATA, this);
    set(handle, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  } else if (request_.method != "GET") {
    set(handle, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

std::size_t Transfer::read_body(char *buffer, std::size_t size, std::size_t count, void *self) {
  Transfer &transfer = *static_cast<Transfer *>(self);
  try {
    const std::size_t got = transfer.request_.body.read(transfer.sent_, buffer, size * count);
    transfer.sent_ += got;
    return got;
  } catch (...) {
    transfer.thrown_ = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

int Transfer::seek_body(void *self, curl_off_t offset, int origin) {
  if (origin != SEEK_SET)
    return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Transfer *>(self)->sent_ = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::size_t Transfer::take_header(char *line, std::size_t size, std::size_t count, void *self) {
  Transfer &transfer = *static_cast<Transfer *>(self);
  std::string_view text(line, size * count);
  if (text.starts_with("HTTP/")) { // a new answer: what came before was a 1xx
    transfer.answer_.headers.clear();
    return size * count;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return size * count;
  std::string name = lower(text.substr(0, colon));
  transfer.answer_.headers.emplace_back(std::move(name), trimmed(text.substr(colon + 1)));
  return size * count;
}

std::size_t Transfer::take_bytes(char *bytes, std::size_t size, std::size_t count, void *self) {
  Transfer &transfer = *static_cast<Transfer *>(self);
  const std::string_view given(bytes, size * count);
  long status = 0;
  ::curl_easy_getinfo(transfer.handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  try {
    if (transfer.request_.sink && status >= 200 && status < 300)
      transfer.take_range(given, status);
    else if (transfer.answer_.body.size() + given.size() <= longest_answer)
      transfer.answer_.body += given;
    else
      throw Retry("the service's answer is longer than " + std::to_string(longest_answer) + " bytes");
    return given.size();
  } catch (...) {
    transfer.thrown_ = std::current_exception();
    return 0;
  }
}

void Transfer::take_range(std::string_view bytes, long status) const {
  const bool asked = std::any_of(request_.headers.begin(), request_.headers.end(),
                                 [](const Header &header) { return header.first == "range"; });
  if (asked && status != 206)
    throw Misconfigured("the service answers " + std::to_string(status) +
                        " to a request for a part of an object, and gives another one; look at what stands between "
                        "here and the service");
  request_.sink(bytes);
}

Answer Transfer::answer(CURLcode code) {
  if (thrown_)
    std::rethrow_exception(thrown_);
  if (code == CURLE_OK) {
    ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
    return std::move(answer_);
  }
  answer_.broken = error_[0] != '\0' ? error_ : ::curl_easy_strerror(code);
  answer_.broken += advice_for(code, answer_.broken, request_.url);
  ::curl_easy_getinfo(handle_.get(), CURLINFO_HTTP_CONNECTCODE, &answer_.of_proxy);
  answer_.unknown_host = code == CURLE_COULDNT_RESOLVE_HOST;
  answer_.untrusted = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
  return std::move(answer_);
}

} // namespace jetcapture::plugins
