// A decoder: each line of a message becomes a record with its number and its text.
package main

// #include "go_lines.h"
import "C"

import (
	"bytes"
	"fmt"
	"runtime/cgo"
	"unicode/utf8"
	"unsafe"
)

type lines struct {
	host    *C.jetcapture_host
	comment []byte
}

func fail(host *C.jetcapture_host, status C.jetcapture_status, sentence string) C.jetcapture_status {
	text := []byte(sentence)
	return C.go_lines_fail(host, status, (*C.char)(unsafe.Pointer(&text[0])), C.uint64_t(len(text)))
}

// No panic may leave a function that the host calls: it becomes a status.
func guard(host *C.jetcapture_host, status *C.jetcapture_status) {
	if reason := recover(); reason != nil {
		*status = fail(host, C.JETCAPTURE_FATAL, fmt.Sprint("the decoder has panicked: ", reason))
	}
}

// The bytes where they are: they die when the call ends that was given them.
func borrowed(text C.jetcapture_text) []byte {
	if text.size == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(text.data)), int(text.size))
}

//export goLinesCreate
func goLinesCreate(host *C.jetcapture_host, comment C.jetcapture_text, handle *C.uintptr_t) (status C.jetcapture_status) {
	defer guard(host, &status)
	made := &lines{host: host, comment: append([]byte(nil), borrowed(comment)...)}
	if bytes.ContainsRune(made.comment, '\n') {
		return fail(host, C.JETCAPTURE_CONFIGURATION, "the option comment has a line break")
	}
	*handle = C.uintptr_t(cgo.NewHandle(made))
	return C.JETCAPTURE_OK
}

//export goLinesDecode
func goLinesDecode(handle C.uintptr_t, message *C.jetcapture_message, sink *C.jetcapture_sink) (status C.jetcapture_status) {
	me := cgo.Handle(handle).Value().(*lines)
	defer guard(me.host, &status)
	rest := borrowed(message.data)
	if !utf8.Valid(rest) {
		return fail(me.host, C.JETCAPTURE_BAD_DATA, "the data is not UTF-8")
	}
	for number := C.uint64_t(1); len(rest) > 0; number++ {
		line := rest
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			line, rest = rest[:end], rest[end+1:]
		} else {
			rest = nil
		}
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if len(me.comment) > 0 && bytes.HasPrefix(line, me.comment) {
			continue
		}
		text := C.jetcapture_text{size: C.uint64_t(len(line))}
		if len(line) > 0 {
			text.data = (*C.char)(unsafe.Pointer(&line[0])) // memory of the host
		}
		if status := C.go_lines_emit(sink, message, number, text); status != C.JETCAPTURE_OK {
			return status // its sentence has been given
		}
	}
	return C.JETCAPTURE_OK
}

//export goLinesDestroy
func goLinesDestroy(handle C.uintptr_t) {
	cgo.Handle(handle).Delete()
}

func main() {} // a library has none, but the build mode asks for it
