// A mutex and its lock that clang's -Wthread-safety understands: which members a mutex guards, and which functions need
// it, is checked in CI (tests/checks/thread_safety.py) instead of said in prose.
//
//   mutable Mutex mutex_;
//   std::deque<Work> queue_ GUARDED_BY(mutex_);
//   void count(int by) NEEDS_LOCK(mutex_);
//
// clang looks at the body of a lambda as at a function of its own: one that is called below the lock begins with
// mutex_.assert_held(). A condition variable is a std::condition_variable_any, which waits with a MutexLock.
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
#define HOLDS_AFTERWARDS(mutex) JETCAPTURE_THREAD_SAFETY(assert_capability(mutex))

namespace jetcapture::host {

class JETCAPTURE_THREAD_SAFETY(capability("mutex")) Mutex {
public:
  void lock() JETCAPTURE_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
  void unlock() JETCAPTURE_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }
  // For clang alone, where it can't see that this thread holds the mutex. Checks nothing.
  void assert_held() const JETCAPTURE_THREAD_SAFETY(assert_capability(this)) {}

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
