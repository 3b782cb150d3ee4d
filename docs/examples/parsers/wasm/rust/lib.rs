//! A parser of Prologue's batch interface, version 1, in Rust, with nothing but `core` and a region of memory.
//!
//! rustc --target wasm32-unknown-unknown --crate-type cdylib -O -C panic=abort -C strip=symbols -o parser.wasm lib.rs
//!
//! It takes `LEVEL component: message` apart. Replace `parse_line`; the rest is the interface.
#![no_std]

fn parse_line(line: &[u8], out: &mut Answer) {
    let level = line.iter().position(|b| *b == b' ').unwrap_or(0);
    let colon = line.windows(2).position(|pair| pair == b": ").unwrap_or(0);
    if level == 0 || colon <= level || !line[..level].iter().all(u8::is_ascii_uppercase) {
        return out.fail(b"not `LEVEL component: message`");
    }
    out.field(b"level", &line[..level]);
    out.field(b"component", &line[level + 1..colon]);
    out.field(b"message", &line[colon + 2..]);
}

// ---- the interface ----

struct Bytes {
    data: *mut u8,
    size: usize,
    room: usize,
}

impl Bytes {
    const NONE: Bytes = Bytes { data: core::ptr::null_mut(), size: 0, room: 0 };

    fn append(&mut self, more: &[u8]) {
        unsafe {
            if self.size + more.len() > self.room {
                let room = (self.room * 2).max(65536).max(self.size + more.len());
                let data = take(room);
                core::ptr::copy_nonoverlapping(self.data, data, self.size);
                self.data = data;
                self.room = room;
            }
            core::ptr::copy_nonoverlapping(more.as_ptr(), self.data.add(self.size), more.len());
        }
        self.size += more.len();
    }

    fn number(&mut self, number: usize) {
        self.append(&(number as u32).to_le_bytes());
    }

    fn as_slice(&self) -> &[u8] {
        unsafe { core::slice::from_raw_parts(self.data, self.size) }
    }
}

struct Answer {
    fields: usize,
    firsts: Bytes,
    name_ends: Bytes,
    value_ends: Bytes,
    names: Bytes,
    values: Bytes,
}

impl Answer {
    fn field(&mut self, name: &[u8], value: &[u8]) {
        self.names.append(name);
        self.values.append(value);
        self.name_ends.number(self.names.size);
        self.value_ends.number(self.values.size);
        self.fields += 1;
    }

    fn fail(&mut self, reason: &[u8]) {
        self.field(b"__error__", reason);
    }
}

const PAGE: usize = 65536;
static mut BASE: usize = 0;
static mut TOP: usize = 0;

/// Memory from the region, which grows as needed and is empty again with the next `alloc`.
unsafe fn take(size: usize) -> *mut u8 {
    let place = (TOP + 7) & !7;
    let end = place + size;
    let have = core::arch::wasm32::memory_size(0) * PAGE;
    if end > have && core::arch::wasm32::memory_grow(0, (end - have + PAGE - 1) / PAGE) == usize::MAX {
        core::arch::wasm32::unreachable()
    }
    TOP = end;
    place as *mut u8
}

#[no_mangle]
pub unsafe extern "C" fn alloc(size: usize) -> *mut u8 {
    if BASE == 0 {
        BASE = core::arch::wasm32::memory_size(0) * PAGE;
    }
    TOP = BASE;
    take(size)
}

#[no_mangle]
pub unsafe extern "C" fn parse(place: *const u8, _size: usize) -> u64 {
    let head = place as *const u32;
    let lines = *head as usize;
    let starts = core::slice::from_raw_parts(head.add(1), lines + 1);
    let bytes = core::slice::from_raw_parts(head.add(lines + 2) as *const u8, starts[lines] as usize);
    let mut out = Answer {
        fields: 0,
        firsts: Bytes::NONE,
        name_ends: Bytes::NONE,
        value_ends: Bytes::NONE,
        names: Bytes::NONE,
        values: Bytes::NONE,
    };
    out.firsts.number(0);
    out.name_ends.number(0);
    out.value_ends.number(0);
    for pair in starts.windows(2) {
        parse_line(&bytes[pair[0] as usize..pair[1] as usize], &mut out);
        let fields = out.fields;
        out.firsts.number(fields);
    }
    let mut answer = Bytes::NONE;
    answer.number(lines);
    answer.number(out.fields);
    for part in [&out.firsts, &out.name_ends, &out.value_ends, &out.names, &out.values] {
        if part.size > 0 {
            answer.append(part.as_slice());
        }
    }
    ((answer.data as u64) << 32) | answer.size as u64
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
