//! The parts of the plug-in ABI that a decoder needs, by hand from abi.h, decoder.h and payload.h, where each field is
//! explained. The test below prints the layout, to be compared with the headers'.
#![allow(dead_code)]

use std::os::raw::{c_char, c_void};

/// Of every struct that the other side reads: the first field.
pub fn size_of<T>() -> u32 {
    std::mem::size_of::<T>() as u32
}

pub type Status = i32;
pub const OK: Status = 0;
pub const RETRY: Status = 1;
pub const BAD_DATA: Status = 2;
pub const CONFIGURATION: Status = 3;
pub const FATAL: Status = 4;

pub const OPTION_TEXT: i32 = 1;
pub const UNSIGNED: i32 = 3;
pub const TEXT: i32 = 5;
pub const NO_TIME: i64 = i64::MIN;
pub const PAYLOAD_RECORD: &[u8] = b"jetcapture.record/1\0";

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    pub data: *const c_char,
    pub size: u64,
}

impl Text {
    pub const fn of(text: &str) -> Text {
        Text { data: text.as_ptr() as *const c_char, size: text.len() as u64 }
    }
    /// # Safety
    /// The text must be alive for as long as the slice is used: mostly until the call ends that was given it.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            return &[]; // data may be null then
        }
        std::slice::from_raw_parts(self.data as *const u8, self.size as usize)
    }
}

#[repr(C)]
pub struct Pair {
    pub name: Text,
    pub value: Text,
}

#[repr(C)]
pub struct Host {
    pub size: u32,
    pub abi_minor: u32,
    pub log: unsafe extern "C" fn(*const Host, i32, Text),
    pub fail: unsafe extern "C" fn(*const Host, Status, Text) -> Status,
    pub cancelled: unsafe extern "C" fn(*const Host) -> i32,
    pub extension: unsafe extern "C" fn(*const Host, *const c_char) -> *const c_void,
}

#[repr(C)]
pub struct OptionDescription {
    pub size: u32,
    pub kind: i32,
    pub flags: u32,
    pub reserved: u32,
    pub name: *const c_char,
    pub default_value: *const c_char,
    pub choices: *const *const c_char,
    pub help: *const c_char,
}

#[repr(C)]
pub struct Setting {
    pub size: u32,
    pub kind: i32,
    pub present: u32,
    pub given: u32,
    pub name: *const c_char,
    pub text: Text,
    pub integer: i64,
    pub number: f64,
    pub list: *const Text,
    pub list_count: u64,
}

#[repr(C)]
pub struct About {
    pub size: u32,
    pub needs_minor: u32,
    pub name: *const c_char,
    pub version: *const c_char,
    pub summary: *const c_char,
    pub options: *const *const OptionDescription,
}

#[repr(C)]
pub struct CreateArgs {
    pub size: u32,
    pub setting_count: u32,
    pub host: *const Host,
    pub settings: *const *const Setting,
    pub payload: *const c_char,
    pub check_only: u32,
    pub may_be_read_only: u32,
}

#[repr(C)]
pub struct Message {
    pub size: u32,
    pub header_count: u32,
    pub subject: Text,
    pub reply: Text,
    pub data: Text,
    pub headers: *const Pair,
    pub stream: Text,
    pub consumer: Text,
    pub stream_sequence: u64,
    pub consumer_sequence: u64,
    pub deliveries: u64,
    pub timestamp: i64,
    pub header_block: Text,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Children {
    pub values: *const Value,
    pub count: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union ValueAs {
    pub integer: i64,
    pub uinteger: u64,
    pub number: f64,
    pub text: Text,
    pub children: Children,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Value {
    pub kind: i32,
    pub reserved: u32,
    pub value: ValueAs, // "as" is a word of Rust
}

impl Value {
    pub fn unsigned(number: u64) -> Value {
        Value { kind: UNSIGNED, reserved: 0, value: ValueAs { uinteger: number } }
    }
    /// The text stays where it is: it is not copied.
    pub fn text(text: &str) -> Value {
        Value { kind: TEXT, reserved: 0, value: ValueAs { text: Text::of(text) } }
    }
}

#[repr(C)]
pub struct Column {
    pub size: u32,
    pub kind: i32,
    pub name: Text,
    pub children: *const *const Column,
    pub child_count: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct Schema {
    pub size: u32,
    pub column_count: u32,
    pub revision: u64,
    pub columns: *const *const Column,
}

#[repr(C)]
pub struct Record {
    pub size: u32,
    pub value_count: u32,
    pub schema: *const Schema,
    pub values: *const Value,
    pub message: *const Message,
}

#[repr(C)]
pub struct Item {
    pub size: u32,
    pub key_count: u32,
    pub key: *const Text,
    pub payload: *const c_void,
    pub event_time: i64,
}

#[repr(C)]
pub struct Sink {
    pub size: u32,
    pub reserved: u32,
    pub emit: unsafe extern "C" fn(*const Sink, *const Item) -> Status,
}

#[repr(C)]
pub struct Decoder {
    pub size: u32,
    pub reserved: u32,
    pub about: *const About,
    pub produces: *const *const c_char,
    pub create: unsafe extern "C" fn(*const CreateArgs, *mut *mut c_void) -> Status,
    pub decode: unsafe extern "C" fn(*mut c_void, *const Message, *const Sink) -> Status,
    pub destroy: unsafe extern "C" fn(*mut c_void),
}

/// Constants with pointers in them, which Rust does not share between threads unasked. Nobody writes to them.
#[repr(transparent)]
pub struct Constant<T>(pub T);
unsafe impl<T> Sync for Constant<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::MaybeUninit;
    use std::ptr::addr_of;

    // One line for each struct and field: its name in the headers, its size or its offset.
    macro_rules! print_layout {
        ($rust:ident, $c:literal, $($field:ident),+) => {
            println!("layout size {} {}", $c, std::mem::size_of::<$rust>());
            let place = MaybeUninit::<$rust>::uninit();
            let base = place.as_ptr();
            $(println!("layout offset {} {} {}", $c, stringify!($field),
                       unsafe { addr_of!((*base).$field) } as usize - base as usize);)+
        };
    }

    #[test]
    fn print_the_layout() {
        print_layout!(Text, "jetcapture_text", data, size);
        print_layout!(Pair, "jetcapture_pair", name, value);
        print_layout!(Host, "jetcapture_host", size, abi_minor, log, fail, cancelled, extension);
        print_layout!(OptionDescription, "jetcapture_option", size, kind, flags, reserved, name, default_value, choices, help);
        print_layout!(Setting, "jetcapture_setting", size, kind, present, given, name, text, integer, number, list, list_count);
        print_layout!(About, "jetcapture_about", size, needs_minor, name, version, summary, options);
        print_layout!(CreateArgs, "jetcapture_create_args", size, setting_count, host, settings, payload, check_only, may_be_read_only);
        print_layout!(Message, "jetcapture_message", size, header_count, subject, reply, data, headers, stream, consumer,
                      stream_sequence, consumer_sequence, deliveries, timestamp, header_block);
        print_layout!(Value, "jetcapture_value", kind, reserved);
        println!("layout offset jetcapture_value as {}", std::mem::size_of::<Value>() - std::mem::size_of::<ValueAs>());
        print_layout!(Column, "jetcapture_column", size, kind, name, children, child_count, reserved);
        print_layout!(Schema, "jetcapture_schema", size, column_count, revision, columns);
        print_layout!(Record, "jetcapture_record", size, value_count, schema, values, message);
        print_layout!(Item, "jetcapture_item", size, key_count, key, payload, event_time);
        print_layout!(Sink, "jetcapture_sink", size, reserved, emit);
        print_layout!(Decoder, "jetcapture_decoder", size, reserved, about, produces, create, decode, destroy);
    }
}
