// A manifest: what a host is about to store, and what became of what it had listed before. It is an object of the
// store, put once and never changed. The manifests of a chain are numbered 1, 2, 3 … (chain.hpp).
//
// As a file: lines of JSON, packed by zstd, each with a "type"; the first one is the header. host/ledger/README.md
// describes the format for who reads it with other programs.
#pragma once

#include "blocks/block.hpp"
#include "blocks/object_name.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// The bytes are no manifest that can be read here: a sentence.
struct ManifestError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// It is a manifest, of a version that is not read here.
struct NewerManifest : ManifestError {
  using ManifestError::ManifestError;
};

// Whose chain it is: below _manifest/, a folder for each part.
struct ChainName {
  std::string stream;
  std::string capture; // the name of the consumer
  std::string host;    // an id that a host keeps in its state directory; or ordered_chain
  auto operator<=>(const ChainName &) const = default;
};

// One message of several blocks: in how many, in all.
struct SharedMessage {
  std::uint64_t sequence = 0;
  std::uint32_t parts = 0;
  bool operator==(const SharedMessage &) const = default;
};

// A block that is to be stored.
struct BlockLine {
  std::string name; // of the object; no other line of any chain has it
  std::uint64_t bytes = 0;
  Sha256 sha256{};
  std::uint64_t written_bytes = 0; // before compression
  std::uint64_t payloads = 0;      // rows
  std::string reason;              // see SealReason
  BlockPlace place;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::int64_t last_sequence_timestamp = 0; // of the message that has last_sequence, nanoseconds since 1970
  std::int64_t first_timestamp = 0;
  std::int64_t last_timestamp = 0;
  std::vector<std::uint64_t> own;    // messages that are in this block alone, ascending
  std::vector<SharedMessage> shared; // messages that are in other blocks too, ascending
  std::uint64_t messages() const { return own.size() + shared.size(); }
};

// Sequences from first to last, both included.
struct SequenceRun {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const SequenceRun &) const = default;
};

// Lines of an earlier manifest of the chain, or of this one, from first to last by their place in it, from 0.
struct LineRun {
  std::uint64_t manifest = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  bool operator==(const LineRun &) const = default;
};

// Lines of a host's chain of the same capture, whose objects the backup no longer wants.
struct RetiredLines {
  std::string host;
  std::vector<LineRun> lines;
  bool operator==(const RetiredLines &) const = default;
};

// A stage or codec, and with what it was built.
struct ManifestStage {
  std::string name;
  std::string version;
};

// The configuration of the stream or of a consumer, as the server gives it.
struct ManifestConfiguration {
  std::string of; // "stream", "consumer"; "consumers": without a name and JSON, those of others could not be asked for
  std::string name;
  std::string json;
  bool operator==(const ManifestConfiguration &) const = default;
};

// Ordered delivery has one chain for the capture, whichever host writes it. With --parallel-backlog it has one for each
// claim: this one for the first, from where the capture began to a multiple of the claims' size, and claim_chain(n) for
// the sequences n * size + 1 to (n + 1) * size behind it.
constexpr std::string_view ordered_chain = "ordered";
std::string claim_chain(std::uint64_t number); // "claim-000000000017"
// Its number; nullopt: it is no claim's.
std::optional<std::uint64_t> claim_in(std::string_view host);
inline bool is_ordered(const ChainName &chain) {
  return chain.host == ordered_chain || claim_in(chain.host);
}

struct ManifestHeader {
  enum class Kind { start, commit };
  Kind kind = Kind::commit;
  std::uint64_t number = 0;
  ChainName chain;
  std::string stream_created;        // identity of the stream, as the server gave it when the capture began
  std::int64_t consumer_created = 0; // when the consumer was created, nanoseconds since 1970
  std::uint32_t epoch = 1;           // grows with --capture-again: what an earlier one holds is captured once more
  std::string run;                   // a random text: of one run of one host
  Sha256 previous{};                 // of the bytes of the manifest before it; all 0: it is the first
  std::int64_t written = 0;          // by the host's clock, nanoseconds since 1970
  std::uint64_t first_sequence = 0;  // of its lines and of what it passes; 0: there is none
  std::uint64_t last_sequence = 0;
  std::uint64_t highest_sequence = 0; // of the chain up to and with this manifest
  std::uint64_t floor = 0;            // ordered delivery: all up to it is done; see OrderedCommitter
  bool ends = false;                  // the run has ended in order, and puts nothing behind it
  std::string owner;                  // ordered delivery: the name of the machine that writes it
  std::uint64_t starts = 0;           // ordered delivery: runs that have begun, up to and with this one
  std::vector<std::string> filters;   // ordered delivery: the subjects that are read; none: all
  // Ordered delivery with --parallel-backlog: how many sequences a claim has, the last one of this chain's claim, and
  // up to which sequence all claims were done when the run began. 0: there are no claims.
  std::uint64_t claim_messages = 0;
  std::uint64_t claim_last = 0;
  std::uint64_t claims_done_up_to = 0;
  // Ordered delivery, of a start: the stream has lost its end, and gives the sequences behind that one to other
  // messages. What manifests of the chain before it have behind it is of an earlier generation. nullopt: it has not.
  std::optional<std::uint64_t> rewound_to;
  std::int64_t rewound_to_timestamp = 0; // of the message that the stream has there; 0: it has none
  std::uint64_t unsettled_from = 0;      // the oldest manifest with a line that is neither done nor void, or whose
                                         // messages are not acked; its own number: there is none before it
  // All messages of the consumer up to that sequence of the stream were acked before it was written, or had left the
  // stream; 0: not known, or none.
  std::uint64_t ack_floor = 0;
  std::uint64_t begins_at = 0; // the consumer delivers nothing before that sequence; 0: not known
  std::uint64_t memory_in = 0; // the newest manifest of the chain, up to this one, with what all stages keep; 0: none
  std::string program;         // "jetcapture 0.5.0"
  ManifestStage decoder;
  ManifestStage writer;
  ManifestStage compression;
  std::string options;              // a digest of decoder, writer and compression with all their options
  std::string path_template;        // of the names
  std::int64_t interval = 0;        // --max-age, nanoseconds
  std::string path_null = {};       // of the names; "": not known
  std::string on_decode_error = {}; // as the flag has it; "": not known
};

struct Manifest : ManifestHeader {
  std::vector<BlockLine> lines;
  std::vector<SequenceRun> filtered;                 // the decoder gave nothing for them
  std::vector<SequenceRun> terminated;               // they can't be decoded, and are not delivered again
  std::vector<SequenceRun> absent;                   // the stream did not have them when it was read
  std::vector<SequenceRun> skipped;                  // the consumer went past them, and delivered none to anybody
  std::vector<LineRun> done;                         // since the manifest before: their objects are in the store
  std::vector<LineRun> voided;                       // their objects are not, and never count if they come
  std::vector<RetiredLines> retired;                 // of any chain of the capture, and only lines declared done
  std::vector<ManifestConfiguration> configurations; // those that changed
  std::map<std::string, std::string> memory;         // what stages keep over restarts, by stage ("writer-parquet")
};

// Of the format. Members and lines that a reader does not know are left out by it, so they can be added within a
// version.
constexpr std::uint64_t manifest_version = 1;

// The bytes of its object. Texts that are no UTF-8 have their wrong bytes replaced, but for keys and memory.
std::string encode(const Manifest &manifest);
// Sequences of blocks are ascending, whatever order they were given in. Throws ManifestError: its sentence says "it"
// for the manifest, as in "it is cut off". Takes memory in proportion to what is read, never to what the bytes claim.
Manifest decode_manifest(std::string_view bytes);
// The same without the sequences of its blocks, which are most of it: `own` and `shared` of its lines are empty.
struct ManifestOutline {
  Manifest manifest;
  std::vector<std::uint64_t> messages; // of each line
};
ManifestOutline decode_manifest_outline(std::string_view bytes);
// Its first line alone, of all its bytes or of the first manifest_head_bytes of them. Throws ManifestError.
ManifestHeader decode_manifest_header(std::string_view bytes);
constexpr std::uint64_t manifest_head_bytes = 16u << 10;

// The "host" of the chain in which the commands of a capture write: `verify --adopt` and `retire`. A host's own id has
// digits behind a dash.
constexpr std::string_view commands_chain = "commands";

constexpr std::string_view manifest_suffix = ".manifest.zst";

// "_manifest/ORDERS/backup/3f9a…/", with each part escaped as in the names of blocks.
std::string folder_of(const ChainName &chain);
// "_manifest/ORDERS/backup/3f9a…/00000000/000000000017.manifest.zst". The names of a chain ascend with its numbers.
std::string name_of(const ChainName &chain, std::uint64_t number);
// The number in the name of a manifest, 0: it is none. What stands between number and suffix ("…017-RUN.manifest.zst",
// of a store that can't put without replacing) is left out.
std::uint64_t number_in(std::string_view name);

} // namespace jetcapture::host
