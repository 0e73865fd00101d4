// A mutex and its lock that clang's -Wthread-safety understands: which members a mutex guards, and which functions need
// it, is checked in CI (tests/checks/thread_safety.py) instead of said in prose.
//
//   mutable Mutex mutex_;
//   std::deque<Work> queue_ GUARDED_BY(mutex_);
//   void count(int by) NEEDS_LOCK(mutex_);
//
// To other compilers these words mean nothing. https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#pragma once

#include <mutex>

#ifdef __clang__
#define JETCAPTURE_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define JETCAPTURE_THREAD_SAFETY(attribute)
#endif

#define GUARDED_BY(mutex) JETCAPTURE_THREAD_SAFETY(guarded_by(mutex))
#define NEEDS_LOCK(mutex) JETCAPTURE_THREAD_SAFETY(requires_capability(mutex))

namespace jetcapture::host {

class JETCAPTURE_THREAD_SAFETY(capability("mutex")) Mutex {
public:
  void lock() JETCAPTURE_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
  void unlock() JETCAPTURE_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

private:
  std::mutex mutex_;
};

// Holds the mutex as long as it lives; unlock() and lock() let go of it for a while, as a std::condition_variable_any
// does that waits with it.
class JETCAPTURE_THREAD_SAFETY(scoped_lockable) MutexLock {
public:
  explicit MutexLock(Mutex &mutex) JETCAPTURE_THREAD_SAFETY(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() JETCAPTURE_THREAD_SAFETY(release_capability()) {
    if (locked_)
      mutex_.unlock();
  }
  MutexLock(const MutexLock &) = delete;
  MutexLock &operator=(const MutexLock &) = delete;

  void lock() JETCAPTURE_THREAD_SAFETY(acquire_capability()) {
    mutex_.lock();
    locked_ = true;
  }
  void unlock() JETCAPTURE_THREAD_SAFETY(release_capability()) {
    locked_ = false;
    mutex_.unlock();
  }

private:
  Mutex &mutex_;
  bool locked_ = true;
};

} // namespace jetcapture::host
