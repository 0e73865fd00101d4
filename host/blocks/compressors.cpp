#include "blocks/compressors.hpp"

#include <utility>

#include <pthread.h>

namespace jetcapture::host {

Compressors::Compressors(Compression compression, int level, std::uint32_t threads, MemoryMeter &meter,
                         WorkerThreads::Refused refused)
    : compression_(compression), level_(level), meter_(meter),
      threads_(
          threads, [this](const std::stop_token &) { run(); }, std::move(refused)) {}

Compressors::~Compressors() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
}

void Compressors::compress(std::shared_ptr<BlockBody> body, Chunk chunk) {
  const std::uint64_t number = body->take_number();
  const auto place = chunk.size != 0 && body->begin() ? ChunkPlace::first : ChunkPlace::later;
  {
    const MutexLock lock(mutex_);
    queue_.push_back({std::move(body), number, place, std::move(chunk)});
    threads_.start_for(queue_.size() + at_work_);
  }
  wake_.notify_one();
}

std::size_t Compressors::waiting() const {
  const MutexLock lock(mutex_);
  return queue_.size() + at_work_;
}

void Compressors::run() {
  pthread_setname_np(pthread_self(), "compress");
  const std::unique_ptr<Codec> codec = make_codec(compression_, level_);
  MutexLock lock(mutex_);
  while (true) {
    while (!ending_ && queue_.empty())
      wake_.wait(lock);
    if (queue_.empty())
      return;
    Work work = std::move(queue_.front());
    queue_.pop_front();
    at_work_++;
    lock.unlock();
    work.body->append(work.number, codec->compress(std::move(work.chunk), work.place, meter_));
    work.body.reset();
    lock.lock();
    at_work_--;
  }
}

} // namespace jetcapture::host
