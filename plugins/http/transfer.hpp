// One request on its way through libcurl: the easy handle and what its callbacks need. Stays where it is made.
#pragma once

#include "http/message.hpp"

#include <chrono>
#include <exception>
#include <memory>

#include <curl/curl.h>

namespace jetcapture::plugins {

class Transfer {
public:
  // stall: a connection on which nothing moves for so long is given up.
  Transfer(Request request, std::chrono::seconds stall);
  Transfer(const Transfer &) = delete;
  Transfer &operator=(const Transfer &) = delete;

  CURL *handle() const { return handle_.get(); }
  // Once curl is done with it. Throws what reading the body or the sink threw.
  Answer answer(CURLcode code);

private:
  static std::size_t read_body(char *buffer, std::size_t size, std::size_t count, void *self);
  static int seek_body(void *self, curl_off_t offset, int origin);
  static std::size_t take_header(char *line, std::size_t size, std::size_t count, void *self);
  static std::size_t take_bytes(char *bytes, std::size_t size, std::size_t count, void *self);
  void set_authorities();
  void set_method();
  void take_range(std::string_view bytes, long status) const;

  const Request request_;
  std::unique_ptr<CURL, void (*)(CURL *)> handle_;
  std::unique_ptr<curl_slist, void (*)(curl_slist *)> headers_;
  char error_[CURL_ERROR_SIZE] = {};
  std::uint64_t sent_ = 0;
  Answer answer_;
  std::exception_ptr thrown_;
};

} // namespace jetcapture::plugins
