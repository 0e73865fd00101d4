// Lines of text packed as one frame of zstd, with its content's size and checksum in it: how a manifest is kept.
//
// One thread at a time. Reading takes memory for one line, whatever the bytes claim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct ZSTD_DCtx_s;

namespace jetcapture::host {

// head: lines that can be read from the beginning of the bytes alone; rest: those behind them. Each line ends with
// '\n'.
std::string pack_lines(std::string_view head, std::string_view rest);

using UnpackContext = std::unique_ptr<ZSTD_DCtx_s, std::size_t (*)(ZSTD_DCtx_s *)>;

class PackedLines {
public:
  // bytes stay where they are. They may be the beginning of a frame alone, as long as no line behind it is asked for.
  explicit PackedLines(std::string_view bytes);
  ~PackedLines();
  PackedLines(const PackedLines &) = delete;
  PackedLines &operator=(const PackedLines &) = delete;

  // The next line, without its end. False: there was none left, and the frame was whole, with nothing behind it. Throws
  // ManifestError.
  bool next(std::string &line);

private:
  bool unpack();

  UnpackContext context_;
  std::string_view packed_;
  const std::size_t step_;
  std::string unpacked_; // what is not given yet, from read_ on
  std::size_t read_ = 0;
  std::size_t searched_ = 0; // up to there unpacked_ has no end of a line
  std::uint64_t total_ = 0;
  bool ended_ = false;
};

} // namespace jetcapture::host
