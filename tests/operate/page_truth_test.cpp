// What the page says of states that are rare: a browser shows it snapshots that are made up.
#include "operate/browser.hpp"
#include "status/page.hpp"
#include "status/status_json.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

// A capture that goes its way and has stored all.
Snapshot well() {
  Snapshot snapshot;
  snapshot.facts.max_age = std::chrono::minutes(15);
  snapshot.facts.store = "file";
  snapshot.phase = Phase::capturing;
  snapshot.delivery.connected = true;
  snapshot.consumer_known = true;
  snapshot.lag_messages = 0;
  snapshot.safe_sequence = 1000;
  snapshot.coverage.first_sequence = 1;
  return snapshot;
}

// What the expressions say once the page shows each snapshot.
std::vector<std::string> shown(const std::vector<Snapshot> &snapshots, const std::string &expressions,
                               int width = 1000) {
  std::string script = "const texts = [];\n";
  for (const Snapshot &snapshot : snapshots)
    script += "show(" + page_json(snapshot, {}) + ");\ntexts.push([" + expressions + "].join(' | '));\n";
  // It is shown these instead of what a host sends.
  std::string page = page_html("null");
  const std::string live = "\nlisten();\n";
  const std::size_t at = page.find(live);
  REQUIRE(at != std::string::npos);
  page.replace(at, live.size(), "\n" + script + "parent.postMessage(JSON.stringify(texts), '*');\n");
  Folder folder;
  write_file(folder / "page.html", page);
  // A frame may be narrower than a window.
  write_file(folder / "frame.html",
             "<script>onmessage = texts => document.body.replaceChildren(Object.assign(document.createElement('pre'), "
             "{textContent: texts.data}));</script><body><iframe style='border: 0; width: " +
                 std::to_string(width) + "px' src=page.html></iframe>");
  const std::string dom = page_with("</pre>", "file://" + folder / "frame.html");
  const std::size_t begin = dom.find("<pre>") + 5;
  return nlohmann::json::parse(dom.substr(begin, dom.find("</pre>", begin) - begin)).get<std::vector<std::string>>();
}

// Kind, headline and detail of the state, and the notes of the tiles.
const std::string state =
    "$('state').className, ...['headline', 'detail', 'oldest-note', 'safe-note'].map(id => $(id).textContent)";

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the page says of each state what is known, and shows none as good that has lost something") {
  if (!has_browser())
    return;
  struct Expected {
    Snapshot snapshot;
    std::vector<std::string> texts; // that the page has
  };
  std::vector<Expected> table;
  const auto expect = [&](const Snapshot &snapshot, std::vector<std::string> texts) {
    table.push_back({snapshot, std::move(texts)});
  };
  const auto with = [](auto change) {
    Snapshot snapshot = well();
    change(snapshot);
    return snapshot;
  };
  expect(well(),
         {"state good | Up to date | All that the stream has is stored.", "none waits here", "safe to purge below"});
  // What the consumer covers.
  const auto filtered = [](Snapshot &s) { s.coverage.filters = {"orders.eu"}; };
  expect(with(filtered),
         {"state good", "All is stored that the stream has of orders.eu; this says nothing of the rest of it."});
  expect(with([](Snapshot &s) { s.coverage.first_sequence = 500; }),
         {"state good", "of all subjects from sequence 500"});
  expect(with([](Snapshot &s) { s.coverage.first_sequence.reset(); }),
         {"where the consumer began, which is not known"});
  const auto failed = [](Snapshot &s) { s.failure = "the stream ORDERS is gone"; };
  expect(with(failed), {"state bad | The capture can't go on, and ends | the stream ORDERS is gone"});
  expect(with([&](Snapshot &s) { failed(s), s.phase = Phase::ended; }),
         {"state bad | Ended: the capture can't go on | the stream ORDERS is gone"});
  // Losses, in each state.
  const auto lost = [](Snapshot &s) { s.lost = 3; };
  const std::string loss = "At least 3 messages left the stream before they were captured";
  expect(with(lost), {"state warn | Messages were lost", loss, "safe to purge below, but for what was lost"});
  const auto possibly_lost = [](Snapshot &s) {
    s.coverage.filters = {"a"};
    s.possibly_lost = 10;
    s.possibly_lost_first = 11;
    s.possibly_lost_last = 20;
  };
  expect(with(possibly_lost), {"state warn | Messages may have been lost",
                               "Up to 10 messages may have left the stream before they were captured, among sequences "
                               "11 to 20"});
  const auto store_down = [](Snapshot &s) {
    s.store.failing = true;
    s.store.reason = "no answer";
    s.store.waiting = 2;
  };
  expect(with(store_down), {"state bad | The store is down, trying again | no answer. No message is acked before it is "
                            "stored: 2 blocks wait here, and the stream keeps the rest as long as its limits let it."});
  expect(with([&](Snapshot &s) { store_down(s), lost(s); }), {"state bad | The store is down", loss});
  expect(with([&](Snapshot &s) { lost(s), s.store.delayed = 2; }), {"state warn | Storing what waited", loss});
  expect(with([&](Snapshot &s) { s.in_flight = 10, s.store.waiting = s.store.delayed = 2; }),
         {"state busy | Storing what waited | 2 blocks"});
  expect(with([&](Snapshot &s) { lost(s), s.lag_messages = 50, s.lag_seconds = 20; }),
         {"state warn | Catching up", loss});
  expect(with([&](Snapshot &s) { lost(s), s.delivery.connected = false; }), {"state bad | Not connected", loss});
  // What is not known to be stored.
  expect(with([](Snapshot &s) { s.in_flight = 7, s.delivery.acks_outstanding = 2; }),
         {"state good", "5 messages are in blocks that are not stored yet."});
  expect(with([](Snapshot &s) { s.lag_messages = 4, s.lag_seconds = 1; }),
         {"4 messages wait in the stream; all that came here is stored."});
  expect(with([](Snapshot &s) { s.not_acked = 9; }), {"All that came here is stored; 9 messages are not acked yet."});
  expect(with([](Snapshot &s) { s.not_acked = s.unstored_elsewhere = 9; }),
         {"state busy | Not all is known to be stored | All that came here is stored; 9 messages are not acked yet. 9 "
          "messages are in flight at other hosts or of earlier runs"});
  expect(with([](Snapshot &s) { s.uncertain_records = 2; }),
         {"state warn | Up to date, with a journal that was damaged",
          "The journal was damaged: the contents of 2 records"});
  // What can't go on.
  expect(with([](Snapshot &s) {
           s.journal_problem = "the journal /x can't be written (No space left on device)";
           s.journal_pending = 120;
         }),
         {"state bad | The journal can't be written, trying again | the journal /x can't be written (No space left on "
          "device). No message is acked before it is stored"});
  expect(with([](Snapshot &s) { s.consumer_known = false, s.facts.consumer = "C"; }),
         {"state warn | Not ready | the server does not answer about the consumer C"});
  expect(with([](Snapshot &s) { s.delivery.trouble = "the user may not publish to X: allow it"; }),
         {"state warn | Not ready | the user may not publish to X: allow it"});

  std::vector<Snapshot> snapshots;
  for (const Expected &expected : table)
    snapshots.push_back(expected.snapshot);
  const std::vector<std::string> texts = shown(snapshots, state);
  REQUIRE(texts.size() == table.size());
  for (std::size_t i = 0; i < table.size(); i++) {
    CAPTURE(texts[i]);
    for (const std::string &text : table[i].texts)
      CHECK_MESSAGE(has(texts[i], text), text);
    CHECK_FALSE(has(texts[i], "othing is lost"));
    if (table[i].snapshot.lost + table[i].snapshot.possibly_lost > 0)
      CHECK_FALSE(has(texts[i], "state good"));
    const bool covers_all =
        table[i].snapshot.coverage.filters.empty() && table[i].snapshot.coverage.first_sequence == 1;
    if (!covers_all)
      CHECK_FALSE(has(texts[i], "All that the stream has is stored"));
  }
}

TEST_CASE("on a phone the path of a stored block is one line that ends with the block's name, and has it all") {
  if (!has_browser())
    return;
  Snapshot snapshot = well();
  const std::string path = "s3://backups-of-production/nats/orders/region=eu-central-1/dt=2026-11-27/hour=11/"
                           "ORDERS-000000001201-000000002398-a1a8020ce3f2.csv.gz";
  for (int i = 0; i < 10; i++)
    snapshot.store.last.push_back({.name = "x", .location = path, .reason = "age", .messages = 400, .bytes = 3210});
  const std::string expressions =
      "innerWidth, Math.max(...[...document.querySelectorAll('td.place div')].map(line => line.clientHeight)) < 25, "
      "document.documentElement.scrollWidth <= innerWidth, document.querySelector('td.place').title, "
      "document.querySelector('td.place').textContent, document.querySelector('td.place .tail').textContent, "
      "document.querySelector('td.place .tail').getBoundingClientRect().right <= innerWidth";
  for (const int width : {390, 1000}) {
    const std::vector<std::string> texts = shown({snapshot}, expressions, width);
    REQUIRE(texts.size() == 1);
    CHECK(texts[0] == std::to_string(width) + " | true | true | " + path + " | " + path + " | " +
                          path.substr(path.size() - 29) + " | true");
  }
}
