// Copies objects that do not count, and that are the only copies of messages, under lines that do.
//
// Such an object is of a block that was given up: its host's next run did not find it, a late put brought it, and
// meanwhile its messages have left the stream. The copy is listed first, then put, then declared done, in the chain of
// the capture's commands. Nothing is lost, whatever hosts and other commands do meanwhile, because:
//
// 1. The consumer's ack floor and the stream are asked first, and the chains are read once more afterwards. An object
//    is copied only where all its messages are at or below that floor, and those that are in no block were not in the
//    stream: none of them is delivered again. A host that took one before it left the stream, and stores it only now,
//    makes it be there once more: `verify` tells that as a message of several hosts. That is the worst that can happen.
// 2. The object that does not count is never touched. `--sweep` removes it once all its messages are in blocks that are
//    done, so once the copy is there.
// 3. A run that was killed leaves lines that are not declared. The next run settles them (command_chain.hpp), and only
//    then looks for what to copy. A put of the earlier run that lands after that is an object of a void line, with
//    messages that are in other blocks, or the only copy of them again: it stays until the next copy is there.
// 4. `--sweep` in another process that has read the chain before that declaration can take such a late object as done,
//    and remove the first one. Then the late object is the only copy: it is void, never spare, and the next run copies
//    it.
#pragma once

#include "audit/store_check.hpp"
#include "audit/store_reader.hpp"
#include "tools/ledger/command_chain.hpp"

#include <functional>
#include <string>
#include <vector>

namespace jetcapture::host {

class Adoption {
public:
  // All outlive it.
  Adoption(const StoreReader &reader, CommandChain &chain, std::chrono::nanoseconds timeout)
      : reader_(reader), chain_(chain), timeout_(timeout) {}

  // copies: what a check after the chain's begin() found. copied: is told each object and the name of its copy, once it
  // counts. Throws as CommandChain.
  void copy(const std::vector<OnlyCopy> &copies,
            const std::function<void(const std::string &from, const std::string &to)> &copied);

private:
  void copy_manifest(const std::vector<const OnlyCopy *> &copies,
                     const std::function<void(const std::string &, const std::string &)> &copied);
  std::string name_for(const OnlyCopy &copy);

  const StoreReader &reader_;
  CommandChain &chain_;
  const std::chrono::nanoseconds timeout_;
  std::uint64_t named_ = 0;
};

} // namespace jetcapture::host
