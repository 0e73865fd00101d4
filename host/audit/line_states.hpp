// What becomes of a block that a manifest lists: the core rule of the ledger, as a reader applies it.
#pragma once

#include "ledger/manifest.hpp"

#include "jetcapture/store.h"

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// What the manifests of a chain say of a line.
// retired: done, and a manifest of the commands' chain says that the backup no longer wants it.
enum class Declared { nothing, done, voided, retired };

// What is known of a line's object.
enum class ObjectState {
  unknown,  // it was not looked at, or it could not be told
  missing,  // it is not there
  unproven, // it is there with the line's size; nothing tells whether its bytes are the line's
  same,     // its size and hash are the line's
  differs   // its size or its hash is another one
};

enum class LineState {
  done,      // its messages are in this block
  pending,   // neither stored nor given up
  retired,   // the backup no longer wants it; its object is gone, or about to go
  voided,    // its object does not count: its messages are in other blocks
  unknown,   // it could not be told
  superseded // pending, and all its messages are in blocks that are done: see Superseded
};
std::string_view to_string(LineState state); // "done", "pending", "retired", "void", "unknown", "superseded"

// A line that nothing is declared of is done where its object is there with size and hash. One that differs never makes
// it done. Never gives superseded, which depends on other lines.
LineState state_of(Declared declared, ObjectState object);

// The object as stat gave it, beside its line.
ObjectState compare(const BlockLine &line, const jetcapture_object_status &status);

// What the manifests of a chain declare of the lines of those before them. They are taken from the last to the first: a
// declaration stands behind the line that it is about, so what was declared of a manifest is known when it is met.
class Declarations {
public:
  // Takes what the manifest declares, and gives what is declared of its own lines.
  std::vector<Declared> take(const Manifest &manifest);

  // What does not fit since the last take(): declared of lines that the manifest does not have, of manifests behind the
  // one that declares it, or both done and void.
  bool contradicts() const { return contradicts_; }

private:
  struct Run {
    LineRun lines;
    Declared as;
  };
  std::map<std::uint64_t, std::vector<Run>> runs_; // by the manifest that they are about
  bool contradicts_ = false;
};

} // namespace jetcapture::host
