// A parser of Prologue's batch interface, version 1, in AssemblyScript.
//
//   npm install assemblyscript
//   npx asc parser.ts -O3 --runtime stub --use abort= -o parser.wasm
//
// `--use abort=` replaces the import that AssemblyScript would make by a trap: a parser is given no imports.
// It takes comma-separated `date,level,message` apart. Replace parseLine; the rest is the interface.

function parseLine(line: usize, size: u32): void {
  const first = find(line, 0, size, 0x2c);
  const second = first < size ? find(line, first + 1, size, 0x2c) : size;
  if (second >= size) {
    field("__error__", 0, 0);
    return;
  }
  field("date", line, first);
  field("level", line + first + 1, second - first - 1);
  field("message", line + second + 1, size - second - 1);
}

function find(line: usize, from: u32, size: u32, character: u8): u32 {
  while (from < size && load<u8>(line + from) != character) from++;
  return from;
}

// ---- the interface ----

class Bytes {
  data: usize = 0;
  size: u32 = 0;
  room: u32 = 0;

  reserve(more: u32): usize {
    if (this.size + more > this.room) {
      let room = max<u32>(this.room * 2, 65536);
      while (room < this.size + more) room *= 2;
      const data = take(room);
      memory.copy(data, this.data, this.size);
      this.data = data;
      this.room = room;
    }
    const place = this.data + this.size;
    this.size += more;
    return place;
  }

  append(from: usize, size: u32): void {
    memory.copy(this.reserve(size), from, size);
  }

  number(value: u32): void {
    store<u32>(this.reserve(4), value);
  }

  clear(): void {
    this.data = 0;
    this.size = 0;
    this.room = 0;
  }
}

const firsts = new Bytes(), nameEnds = new Bytes(), valueEnds = new Bytes();
const names = new Bytes(), values = new Bytes(), answer = new Bytes();
let fields: u32 = 0;
let base: usize = 0;
let top: usize = 0;

// Memory beyond what AssemblyScript itself uses: it grows as needed and is empty again with the next alloc.
function take(size: u32): usize {
  const place = (top + 7) & ~7;
  const have = <usize>memory.size() << 16;
  if (place + size > have && memory.grow(<i32>((place + size - have + 0xffff) >> 16)) < 0) unreachable();
  top = place + size;
  return place;
}

// The name is ASCII: AssemblyScript's strings are UTF-16, and each character becomes a byte.
function field(name: string, value: usize, size: u32): void {
  const place = names.reserve(name.length);
  for (let i = 0; i < name.length; i++) store<u8>(place + i, <u8>name.charCodeAt(i));
  if (name == "__error__" && size == 0) {
    const reason = "not date,level,message";
    const at = values.reserve(reason.length);
    for (let i = 0; i < reason.length; i++) store<u8>(at + i, <u8>reason.charCodeAt(i));
  } else {
    values.append(value, size);
  }
  nameEnds.number(names.size);
  valueEnds.number(values.size);
  fields++;
}

export function alloc(size: u32): usize {
  if (base == 0) base = <usize>memory.size() << 16;
  top = base;
  fields = 0;
  firsts.clear(), nameEnds.clear(), valueEnds.clear(), names.clear(), values.clear(), answer.clear();
  return take(size);
}

export function parse(place: usize, _size: u32): u64 {
  const lines = load<u32>(place);
  const starts = place + 4;
  const bytes = starts + 4 * (lines + 1);
  firsts.number(0), nameEnds.number(0), valueEnds.number(0);
  for (let i: u32 = 0; i < lines; i++) {
    const start = load<u32>(starts + 4 * i);
    parseLine(bytes + start, load<u32>(starts + 4 * i + 4) - start);
    firsts.number(fields);
  }
  answer.number(lines), answer.number(fields);
  answer.append(firsts.data, firsts.size);
  answer.append(nameEnds.data, nameEnds.size);
  answer.append(valueEnds.data, valueEnds.size);
  answer.append(names.data, names.size);
  answer.append(values.data, values.size);
  return (<u64>answer.data << 32) | answer.size;
}
