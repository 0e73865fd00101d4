#include "ledger/packed_lines.hpp"

#include "ledger/manifest.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <zstd.h>

namespace jetcapture::host {

namespace {

// By measurement (tests/bench/manifest_size.cpp): matches in text planes cost more than the Huffman code of what they
// stand for, so few are looked for.
constexpr int level = 1;
constexpr int shortest_match = 7;
constexpr int hash_log = 10;
constexpr int window_log = 20;         // 1 MiB: what a reader has to have
constexpr int largest_window_log = 23; // of what is read
constexpr std::size_t longest_line = 64u << 20;
constexpr std::uint64_t longest_text = 1ull << 30;
constexpr std::size_t largest_step = 128u << 10;

// Of bytes unpacked at a time, of a frame that claims so many.
std::size_t step_for(unsigned long long content) {
  constexpr unsigned long long smallest_step = 1024;
  return static_cast<std::size_t>(std::clamp<unsigned long long>(content, smallest_step, largest_step));
}

void set(ZSTD_CCtx *context, ZSTD_cParameter parameter, int value) {
  if (ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)))
    throw std::bad_alloc();
}

void pack(ZSTD_CCtx *context, std::string_view text, ZSTD_EndDirective directive, ZSTD_outBuffer &out) {
  ZSTD_inBuffer in = {text.data(), text.size(), 0};
  std::size_t left = 0;
  do {
    left = ZSTD_compressStream2(context, &out, &in, directive);
    // With room for the bound only memory can be missing.
    if (ZSTD_isError(left))
      throw std::bad_alloc();
  } while (left > 0);
}

// A context takes longer to make than a small manifest to unpack: a thread keeps one for its next.
thread_local UnpackContext spare = {nullptr, &ZSTD_freeDCtx};

UnpackContext unpack_context() {
  UnpackContext context = std::exchange(spare, {nullptr, &ZSTD_freeDCtx});
  if (!context) {
    context.reset(ZSTD_createDCtx());
    if (!context || ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, largest_window_log)))
      throw std::bad_alloc();
  }
  return context;
}

} // namespace

std::string pack_lines(std::string_view head, std::string_view rest) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx *)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  if (!context)
    throw std::bad_alloc();
  set(context.get(), ZSTD_c_compressionLevel, level);
  set(context.get(), ZSTD_c_minMatch, shortest_match);
  set(context.get(), ZSTD_c_windowLog, window_log);
  set(context.get(), ZSTD_c_hashLog, hash_log);
  set(context.get(), ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setPledgedSrcSize(context.get(), head.size() + rest.size());
  constexpr std::size_t one_block_more = 64; // for the flush between head and rest
  std::string packed(ZSTD_compressBound(head.size()) + ZSTD_compressBound(rest.size()) + one_block_more, '\0');
  ZSTD_outBuffer out = {packed.data(), packed.size(), 0};
  pack(context.get(), head, ZSTD_e_flush, out);
  pack(context.get(), rest, ZSTD_e_end, out);
  packed.resize(out.pos);
  return packed;
}

PackedLines::PackedLines(std::string_view bytes)
    : context_(unpack_context()), packed_(bytes),
      step_(step_for(ZSTD_getFrameContentSize(bytes.data(), bytes.size()))) {}

PackedLines::~PackedLines() {
  ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
  spare = std::move(context_);
}

bool PackedLines::next(std::string &line) {
  for (;;) {
    const std::size_t end = unpacked_.find('\n', searched_);
    if (end != std::string::npos) {
      line.assign(unpacked_, read_, end - read_);
      read_ = searched_ = end + 1;
      return true;
    }
    searched_ = unpacked_.size();
    if (unpacked_.size() - read_ > longest_line)
      throw ManifestError("it has a line that is longer than a manifest's may be");
    if (!unpack()) {
      if (read_ != unpacked_.size())
        throw ManifestError("its last line has no end");
      return false;
    }
  }
}

// False: the frame has ended.
bool PackedLines::unpack() {
  if (ended_)
    return false;
  unpacked_.erase(0, read_);
  searched_ -= read_;
  read_ = 0;
  const std::size_t before = unpacked_.size();
  unpacked_.resize(before + step_);
  ZSTD_outBuffer out = {unpacked_.data() + before, step_, 0};
  ZSTD_inBuffer in = {packed_.data(), packed_.size(), 0};
  const std::size_t hint = ZSTD_decompressStream(context_.get(), &out, &in);
  unpacked_.resize(before + out.pos);
  packed_.remove_prefix(in.pos);
  if (ZSTD_isError(hint))
    throw ManifestError(std::string("it can't be unpacked: ") + ZSTD_getErrorName(hint));
  total_ += out.pos;
  if (total_ > longest_text)
    throw ManifestError("it is larger than a manifest may be");
  ended_ = hint == 0;
  if (ended_ && !packed_.empty())
    throw ManifestError("bytes stand behind its end");
  if (!ended_ && packed_.empty() && out.pos == 0)
    throw ManifestError("it is cut off");
  return true;
}

} // namespace jetcapture::host
