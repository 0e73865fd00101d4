//! A decoder: each line of a message becomes a record with its number and its text.
mod jetcapture;

use jetcapture::*;
use std::os::raw::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};

// The columns never change: one schema for all records.
static NUMBER: Constant<Column> = column(UNSIGNED, "number");
static LINE: Constant<Column> = column(TEXT, "line");
static COLUMNS: Constant<[*const Column; 2]> = Constant([&NUMBER.0, &LINE.0]);
static SCHEMA: Constant<Schema> = Constant(Schema {
    size: std::mem::size_of::<Schema>() as u32,
    column_count: 2,
    revision: 1,
    columns: &COLUMNS.0 as *const *const Column,
});

const fn column(kind: i32, name: &'static str) -> Constant<Column> {
    Constant(Column {
        size: std::mem::size_of::<Column>() as u32,
        kind,
        name: Text::of(name),
        children: std::ptr::null(),
        child_count: 0,
        reserved: 0,
    })
}

const fn terminated(text: &'static [u8]) -> *const c_char {
    assert!(text[text.len() - 1] == 0);
    text.as_ptr() as *const c_char
}

struct Lines {
    host: *const Host,
    comment: Vec<u8>,
}

impl Lines {
    unsafe fn create(args: &CreateArgs) -> Result<Lines, String> {
        // The settings come in the order of the options.
        let comment = (**args.settings).text.bytes().to_vec();
        if comment.contains(&b'\n') {
            return Err("the option comment has a line break".to_string());
        }
        Ok(Lines { host: args.host, comment })
    }

    /// Err: the message is bad, and why.
    unsafe fn decode(&self, message: &Message, sink: &Sink) -> Result<Status, String> {
        let data = std::str::from_utf8(message.data.bytes()).map_err(|error| format!("the data is not UTF-8: {error}"))?;
        for (index, line) in data.lines().enumerate() {
            if !self.comment.is_empty() && line.as_bytes().starts_with(&self.comment) {
                continue;
            }
            let values = [Value::unsigned(index as u64 + 1), Value::text(line)];
            let record = Record {
                size: size_of::<Record>(),
                value_count: 2,
                schema: &SCHEMA.0,
                values: values.as_ptr(),
                message,
            };
            let item = Item {
                size: size_of::<Item>(),
                key_count: 1,
                key: &message.subject,
                payload: &record as *const Record as *const c_void,
                event_time: NO_TIME,
            };
            let status = (sink.emit)(sink, &item);
            if status != OK {
                return Ok(status); // its sentence has been given
            }
        }
        Ok(OK)
    }
}

unsafe fn fail(host: *const Host, status: Status, sentence: &str) -> Status {
    ((*host).fail)(host, status, Text::of(sentence))
}

/// No panic may leave a function that the host calls: it becomes a status.
unsafe fn guarded(host: *const Host, work: impl FnOnce() -> Status) -> Status {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(status) => status,
        Err(_) => fail(host, FATAL, "the decoder has panicked"),
    }
}

unsafe extern "C" fn create(args: *const CreateArgs, instance: *mut *mut c_void) -> Status {
    let args = &*args;
    guarded(args.host, || match Lines::create(args) {
        Ok(made) => {
            *instance = Box::into_raw(Box::new(made)) as *mut c_void;
            OK
        }
        Err(sentence) => fail(args.host, CONFIGURATION, &sentence),
    })
}

unsafe extern "C" fn decode(instance: *mut c_void, message: *const Message, sink: *const Sink) -> Status {
    let lines = &*(instance as *const Lines);
    guarded(lines.host, || match lines.decode(&*message, &*sink) {
        Ok(status) => status,
        Err(sentence) => fail(lines.host, BAD_DATA, &sentence),
    })
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance as *mut Lines));
}

static COMMENT: Constant<OptionDescription> = Constant(OptionDescription {
    size: std::mem::size_of::<OptionDescription>() as u32,
    kind: OPTION_TEXT,
    flags: 0,
    reserved: 0,
    name: terminated(b"comment\0"),
    default_value: terminated(b"#\0"),
    choices: std::ptr::null(),
    help: terminated(b"lines that begin with this are left out; empty: none\0"),
});
static OPTIONS: Constant<[*const OptionDescription; 2]> = Constant([&COMMENT.0, std::ptr::null()]);
static ABOUT: Constant<About> = Constant(About {
    size: std::mem::size_of::<About>() as u32,
    needs_minor: 0,
    name: terminated(b"rust_lines\0"),
    version: terminated(b"1.0.0\0"),
    summary: terminated(b"each line becomes a record: its number and its text\0"),
    options: &OPTIONS.0 as *const *const OptionDescription,
});
static PRODUCES: Constant<[*const c_char; 2]> = Constant([terminated(PAYLOAD_RECORD), std::ptr::null()]);

/// The name of the symbol tells the host what it is: jetcapture_KIND_MAJOR_NAME.
#[allow(non_upper_case_globals)]
#[no_mangle]
pub static jetcapture_decoder_1_rust_lines: Constant<Decoder> = Constant(Decoder {
    size: std::mem::size_of::<Decoder>() as u32,
    reserved: 0,
    about: &ABOUT.0,
    produces: &PRODUCES.0 as *const *const c_char,
    create,
    decode,
    destroy,
});
