#include "manual/man_page.hpp"

#include "settings/command_line.hpp"
#include "settings/flags.hpp"

#include <string>

namespace jetcapture::host {
namespace {

// Text as man(7) takes it: a '-' that can be copied, and no line that begins with a request.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '-')
      result += "\\-";
    else if (c == '\\')
      result += "\\e";
    else if ((c == '.' || c == '\'') && result.empty())
      result += std::string("\\&") + c;
    else
      result += c;
  }
  return result;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string sentence(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text + ".";
}

std::string option(const Flag &flag, const Settings &defaults) {
  std::string text = ".TP\n";
  if (flag.details.letter != 0)
    text += bold(std::string("-") + flag.details.letter) + ", ";
  text += bold("--" + std::string(flag.name));
  if (!flag.value.empty())
    text += " \\fI" + escaped(flag.value) + "\\fR";
  text += '\n' + escaped(sentence(std::string(flag.help))) + '\n';
  std::string shown(flag.details.shown_default);
  if (shown.empty() && flag.kind != FlagKind::flag)
    shown = value_text(flag, defaults);
  if (!shown.empty())
    text += "Default: " + escaped(shown) + ".\n";
  return text;
}

std::string options() {
  const Settings defaults;
  std::string text = ".SH OPTIONS\n";
  const Flag *previous = nullptr;
  for (const Flag &flag : flags()) {
    if (flag.kind == FlagKind::secret)
      continue;
    if (previous == nullptr || previous->group != flag.group)
      text += ".SS " + escaped(title(flag.group)) + '\n';
    text += option(flag, defaults);
    previous = &flag;
  }
  return text;
}

std::string environment() {
  std::string text = R"(.SH ENVIRONMENT
Each option but
.BR \-\-help ,
.B \-\-version
and
.B \-\-print\-config
is also a variable:
.B \-\-max\-age
is
.BR JETCAPTURE_MAX_AGE .
An option wins over a variable, and a variable over the file of
.BR \-\-config .
Variables that are not options:
)";
  for (const Flag &flag : flags())
    if (flag.kind == FlagKind::secret)
      text += ".TP\n" + bold(variable_of(flag)) + '\n' + escaped(sentence(std::string(flag.help))) + '\n';
  return text + R"(.TP
.B JETCAPTURE_PLUGIN_PATH
Directories of plug\-ins, separated by colons, searched after those of
.BR \-\-plugin\-dir .
.TP
.B NO_COLOR
Where it is set, the progress line has no colours.
)";
}

constexpr std::string_view description = R"(.SH NAME
jetcapture \- back up NATS JetStream streams, continuously and reliably
.SH SYNOPSIS
.B jetcapture
.BI \-\-stream\~ NAME
.BI \-\-consumer\~ NAME
.BI \-\-decoder\~ NAME
.BI \-\-writer\~ NAME
.BI \-\-store\~ NAME
.RI [ option \&...]
.br
.B jetcapture
.BI \-\-config\~ FILE
.RI [ option \&...]
.br
.B jetcapture
.RB { plugins | try | check\-plugin | ls | find | cat | verify | purge | restore | retire | ledger }
.RI [ argument \&...]
.SH DESCRIPTION
.B jetcapture
pulls a stream through a durable consumer, groups its messages into blocks by a
key and by time, stores each block once, and acks a message only after its
block is stored.
What a message means (decoder), how it is written (writer) and where it goes
(store) are plug\-ins;
.B jetcapture \-\-decoder json \-\-help
shows the options of one.
.PP
While standard error is a terminal, a line below the log shows the rate, the
lag, the time to catch up and the blocks; what does not work comes first in it.
.SH COMMANDS
Each one has a
.B \-\-help
with its flags.
.TP
.B plugins
Lists the plug\-ins that are found, and shows the options of one.
.TP
.B try
Shows what a decoder and a writer make of sample messages, without a server.
.TP
.B check\-plugin
Checks that a plug\-in keeps the rules.
.TP
.B ls
Lists the blocks of a backup, by time, key or state.
.TP
.B find
Says in which object a message is, by its sequence, a time or a key; or why it
is in none.
.TP
.B cat
Prints the messages of a backup as JSON, in the order of the stream.
.TP
.B verify
Checks a backup against its manifests: its blocks are in the store with their
hashes, no manifest is missing, and no message is in two blocks.
.B verify \-\-metrics\-file\~\fIFILE\fP
writes what it found for Prometheus\(aq node exporter.
.TP
.B ledger compact
Puts the manifests of past days together into indexes, so that a backup with
many of them is read fast. Run it once a day.
.TP
.B purge
Removes from the stream the messages that its backup holds for certain, with
.BR \-\-yes .
.TP
.B restore
Brings the messages of a backup back into NATS, with
.BR \-\-yes :
.B \-\-exact
makes a stream with their old sequences and times,
.B \-\-publish
publishes them into a stream that exists.
.TP
.B retire
Removes the blocks from before a date from the backup, with
.BR \-\-yes .
.PP
These seven end with 0 if everything is good, 1 if something is
wrong, 2 if a setting is wrong and 3 if it could not be told.
)";

constexpr std::string_view rest = R"(.SH FILES
The file of
.B \-\-config
is an INI file: a line
.B max\-age = 15m
for each option.
The sections
.BR [decoder] ,
.B [writer]
and
.B [store]
hold the
.B name
of a plug\-in and its options.
A
.B #
or
.B ;
at the start of a line or after a blank begins a comment.
A value may stand in double quotes, with the escapes \e", \e\e, \en, \et, \er
and \exHH, or in single quotes, which are taken literally.
.B jetcapture \-\-print\-config
prints such a file from the options, the variables and the file that are given.
.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
Stores and acks what is in flight, within
.BR \-\-drain\-timeout ;
what is left is returned to the stream.
The second one stops at once.
.TP
.B SIGUSR1
Sets the level of the log to debug.
.TP
.B SIGUSR2
Sets it back.
.TP
.B SIGHUP
Reads
.B log\-level
again from the file of
.BR \-\-config .
Without such a file, and on a terminal, it acts as SIGTERM.
.SH EXIT STATUS
.TP
.B 0
All that was pulled is stored and acked.
With
.BR \-\-check :
everything is in order.
.TP
.B 1
Some messages were returned to the stream, or their acks are not confirmed:
they are delivered again.
.TP
.B 2
A setting, a plug\-in, the connection or the consumer is wrong; nothing was
pulled.
.TP
.B 3
The capture could not go on.
.SH EXAMPLES
JSON objects as CSV rows, by the field region, in gzip files:
.PP
.in +4n
.nf
jetcapture \-\-stream ORDERS \-\-consumer capture \-\-create\-consumer \e
  \-\-decoder json \-\-decoder\-opt key=field:/region \-\-writer csv \e
  \-\-compression gzip \-\-store file \-\-store\-opt root=backup
.fi
.in
.PP
Check that everything would work, as a test of a deployment:
.PP
.in +4n
.nf
jetcapture \-\-config /etc/jetcapture/orders.ini \-\-check
.fi
.in
)";

} // namespace

std::string man_page(std::string_view version, std::string_view date) {
  return ".TH JETCAPTURE 1 \"" + std::string(date) + "\" \"jetcapture " + std::string(version) + "\"\n" +
         std::string(description) + options() + environment() + std::string(rest);
}

} // namespace jetcapture::host
