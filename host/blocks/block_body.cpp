#include "blocks/block_body.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <new>

#include <openssl/evp.h>

namespace jetcapture::host {

namespace {

// A smaller one is copied as fast as it gets a file.
constexpr std::uint64_t smallest_with_file = 1 << 20;

} // namespace

BlockBody::BlockBody(MemoryMeter &meter, Spool &spool)
    : meter_(meter), spool_(spool), hash_(nullptr, &EVP_MD_CTX_free) {}

BlockBody::~BlockBody() = default;

void BlockBody::close(std::function<void()> on_complete) {
  {
    const MutexLock lock(mutex_);
    chunks_ = next_number_;
    if (next_append_ != *chunks_) {
      on_complete_ = std::move(on_complete);
      return;
    }
    finish_hash();
  }
  on_complete();
}

void BlockBody::append(std::uint64_t number, Chunk chunk) {
  std::function<void()> complete;
  {
    const MutexLock lock(mutex_);
    early_.emplace(number, std::move(chunk));
    while (!early_.empty() && early_.begin()->first == next_append_) {
      Chunk next = std::move(early_.begin()->second);
      early_.erase(early_.begin());
      next_append_++;
      if (next.size == 0)
        continue;
      if (!hash_) {
        hash_.reset(EVP_MD_CTX_new());
        if (!hash_ || EVP_DigestInit_ex(hash_.get(), sha256_method(), nullptr) != 1)
          throw std::bad_alloc();
      }
      EVP_DigestUpdate(hash_.get(), next.data(), next.size);
      const std::uint64_t offset = size_;
      size_ += next.size;
      in_memory_ += next.size;
      // A chunk that is mostly empty gives its room back.
      if (next.size < next.capacity() / 2)
        next = next.resized(next.size, meter_);
      pieces_.push_back({offset, std::move(next)});
    }
    if (meter_.above_limit())
      spill_locked();
    if (chunks_ && next_append_ == *chunks_) {
      finish_hash();
      complete = std::move(on_complete_);
    }
  }
  if (complete)
    complete();
}

void BlockBody::finish_hash() {
  if (hash_) {
    EVP_DigestFinal_ex(hash_.get(), sha256_.data(), nullptr);
    hash_.reset();
  } else {
    sha256_ = sha256_of({});
  }
}

void BlockBody::spill() {
  const MutexLock lock(mutex_);
  spill_locked();
}

void BlockBody::spill_locked() {
  if (!file_ && size_ >= smallest_with_file && !pieces_.empty())
    file_ = spool_.open_file();
  if (file_) {
    move_to_file();
    return;
  }
  for (; spilled_ < pieces_.size(); spilled_++) {
    Piece &piece = pieces_[spilled_];
    auto extent = spool_.append(std::get<Chunk>(piece.bytes).view());
    if (!extent)
      return;
    in_memory_ -= extent->size();
    piece.bytes.emplace<Spool::Extent>(std::move(*extent));
  }
}

void BlockBody::move_to_file() {
  auto piece = pieces_.begin();
  for (; piece != pieces_.end(); ++piece) {
    if (const Chunk *chunk = std::get_if<Chunk>(&piece->bytes)) {
      if (!file_->append(chunk->view()))
        break;
      in_memory_ -= chunk->size;
    } else if (!file_->append(std::get<Spool::Extent>(piece->bytes))) {
      break;
    }
  }
  pieces_ = {std::make_move_iterator(piece), std::make_move_iterator(pieces_.end())};
  spilled_ = 0;
}

int BlockBody::whole_file() {
  const MutexLock lock(mutex_);
  if (!file_)
    return -1;
  move_to_file();
  return pieces_.empty() ? file_->descriptor() : -1;
}

std::int64_t BlockBody::read(std::uint64_t offset, char *buffer, std::uint64_t count) const {
  std::uint64_t done = 0;
  const MutexLock lock(mutex_);
  while (file_ && done < count && offset + done < file_->size()) {
    const std::int64_t got = file_->read(offset + done, buffer + done, count - done);
    if (got < 0)
      return done > 0 ? static_cast<std::int64_t>(done) : -1;
    done += static_cast<std::uint64_t>(got);
  }
  if (pieces_.empty())
    return static_cast<std::int64_t>(done);
  auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), offset + done,
                                [](std::uint64_t at, const Piece &other) { return at < other.offset; });
  if (piece == pieces_.begin())
    return static_cast<std::int64_t>(done);
  for (--piece; piece != pieces_.end() && done < count; ++piece) {
    const std::uint64_t within = offset + done - piece->offset;
    std::int64_t got;
    if (const Chunk *chunk = std::get_if<Chunk>(&piece->bytes)) {
      got = within >= chunk->size
                ? 0
                : static_cast<std::int64_t>(std::min<std::uint64_t>(count - done, chunk->size - within));
      std::memcpy(buffer + done, chunk->data() + within, static_cast<std::size_t>(got));
    } else {
      got = std::get<Spool::Extent>(piece->bytes).read(within, buffer + done, count - done);
    }
    if (got < 0)
      return done > 0 ? static_cast<std::int64_t>(done) : -1;
    done += static_cast<std::uint64_t>(got);
  }
  return static_cast<std::int64_t>(done);
}

} // namespace jetcapture::host
