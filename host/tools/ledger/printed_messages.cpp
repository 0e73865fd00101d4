#include "tools/ledger/printed_messages.hpp"

#include "nats/headers.hpp"
#include "plugins/host_services.hpp"
#include "reading/reading_error.hpp"
#include "strings/strings.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::size_t first_room = 256u << 10;
constexpr std::size_t written_at = 64u << 10; // so many bytes are written at once, at the least

// Who reads it may have enough, as head has: then it ends as other programs do.
[[noreturn]] void refuse_to_print(int error) {
  if (error == EPIPE) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  throw ReadingError(std::string("what is printed can't be written: ") + std::strerror(error));
}

} // namespace

PrintedMessages::PrintedMessages(const Writer &writer, std::string stream, std::FILE *file)
    : writer_(writer), stream_(std::move(stream)), file_(file),
      bytes_(first_room), interface_{{sizeof(jetcapture_out), 0, bytes_.data(), bytes_.data() + bytes_.size(),
                                      &PrintedMessages::more},
                                     this} {
  jetcapture_block_info info{};
  info.size = sizeof info;
  info.stream = text_of(stream_);
  if (writer_.description().open(writer_.self(), &info, &interface_.out, &block_) != JETCAPTURE_OK)
    throw ReadingError("the writer " + writer_.name() + " can't begin: " + HostServices::take_failure());
}

PrintedMessages::~PrintedMessages() {
  if (block_ != nullptr)
    writer_.description().close(block_);
}

jetcapture_status PrintedMessages::more(jetcapture_out *out, std::uint64_t need) noexcept {
  PrintedMessages &self = *reinterpret_cast<Interface *>(out)->owner;
  try {
    const std::size_t used = self.used();
    self.bytes_.resize(std::max<std::size_t>(2 * self.bytes_.size(), used + need));
    out->cursor = self.bytes_.data() + used;
    out->end = self.bytes_.data() + self.bytes_.size();
    return JETCAPTURE_OK;
  } catch (const std::bad_alloc &) {
    return JETCAPTURE_FATAL;
  }
}

void PrintedMessages::write_file() {
  if (std::fwrite(bytes_.data(), 1, used(), file_) != used())
    refuse_to_print(errno);
  interface_.out.cursor = bytes_.data();
}

void PrintedMessages::print(const WholeMessage &message) {
  jetcapture_message whole{};
  whole.size = sizeof whole;
  whole.subject = text_of(message.subject);
  whole.data = text_of(message.data);
  whole.stream = text_of(stream_);
  whole.stream_sequence = message.sequence;
  whole.timestamp = message.timestamp;
  header_block_ = message.headers;
  parse_headers(header_block_, headers_);
  whole.headers = headers_.data();
  whole.header_count = static_cast<std::uint32_t>(headers_.size());
  if (!message.headers.empty() && !pairs_tell(message.headers, headers_))
    whole.header_block = text_of(message.headers);

  const jetcapture_writer &writer = writer_.description();
  if (writer.mark != nullptr && writer.mark(block_) != JETCAPTURE_OK)
    throw ReadingError("the writer " + writer_.name() + " can't go on: " + HostServices::take_failure());
  if (writer.write(block_, &whole) != JETCAPTURE_OK)
    throw ReadingError("the message with sequence " + std::to_string(message.sequence) +
                       " can't be printed: " + HostServices::take_failure());
  if (used() >= written_at)
    write_file();
}

void PrintedMessages::end() {
  if (writer_.description().finish(block_) != JETCAPTURE_OK)
    throw ReadingError("the writer " + writer_.name() + " can't end: " + HostServices::take_failure());
  write_file();
  if (std::fflush(file_) != 0)
    refuse_to_print(errno);
}

} // namespace jetcapture::host
