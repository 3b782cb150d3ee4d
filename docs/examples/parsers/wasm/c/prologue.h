/* The batch interface of Prologue's WebAssembly parsers, version 1: include this, define parse_line().
 *
 *   clang --target=wasm32 -O2 -mbulk-memory -nostdlib -Wl,--no-entry -Wl,--export=alloc -Wl,--export=parse \
 *         -o parser.wasm parser.c
 *
 * The names and values handed to field() are copied. Memory is a single region that starts again with every batch. */
#ifndef PROLOGUE_H
#define PROLOGUE_H

typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned char u8;

/* Called once for each line, in order. */
static void parse_line(const u8 *line, u32 size);

/* ---- memory: a region that grows, and is empty again when the host asks for room for the next batch ---- */
extern u8 __heap_base;
static u32 prologue_top;

static u8 *prologue_take(u32 size) {
  u32 place = (prologue_top + 7u) & ~7u;
  if (size > 0xFFFF0000u - place) __builtin_trap();
  u32 end = place + size, have = (u32)__builtin_wasm_memory_size(0) << 16;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + 0xFFFFu) >> 16) == (__SIZE_TYPE__)-1) __builtin_trap();
  prologue_top = end;
  return (u8 *)place;
}

static void prologue_copy(u8 *to, const u8 *from, u32 size) {
  if (size < 16) { while (size--) *to++ = *from++; return; }
  __builtin_memcpy(to, from, size);
}

/* ---- the answer: five arrays that double when they are full ---- */
typedef struct { u8 *data; u32 size, room; } prologue_bytes;
static prologue_bytes prologue_names, prologue_values, prologue_name_ends, prologue_value_ends;
static u32 prologue_fields;

static void prologue_room(prologue_bytes *b, u32 more) {
  if (b->size + more <= b->room) return;
  u32 room = b->room ? b->room * 2 : 65536;
  while (room < b->size + more) room *= 2;
  u8 *data = prologue_take(room);
  prologue_copy(data, b->data, b->size);
  b->data = data, b->room = room;
}

static void prologue_append(prologue_bytes *b, const u8 *data, u32 size) {
  prologue_room(b, size);
  prologue_copy(b->data + b->size, data, size);
  b->size += size;
}

static void prologue_number(prologue_bytes *b, u32 number) {
  prologue_room(b, 4);
  *(u32 *)(b->data + b->size) = number;
  b->size += 4;
}

/* A field of the line that is being parsed. */
__attribute__((unused)) static void field(const char *name, u32 name_size, const u8 *value, u32 value_size) {
  prologue_append(&prologue_names, (const u8 *)name, name_size);
  prologue_append(&prologue_values, value, value_size);
  prologue_number(&prologue_name_ends, prologue_names.size);
  prologue_number(&prologue_value_ends, prologue_values.size);
  prologue_fields++;
}
#define FIELD(name, value, size) field(name, sizeof(name) - 1, value, size)
#define FAIL(reason) field("__error__", 9, (const u8 *)(reason), sizeof(reason) - 1)

/* ---- the two functions the host calls ---- */
u32 alloc(u32 size) {
  static const prologue_bytes none;
  prologue_top = (u32)&__heap_base;
  prologue_names = prologue_values = prologue_name_ends = prologue_value_ends = none;
  prologue_fields = 0;
  return (u32)prologue_take(size);
}

u64 parse(u32 place, u32 size) {
  const u32 *head = (const u32 *)place;
  u32 lines = head[0];
  const u32 *starts = head + 1;
  const u8 *bytes = (const u8 *)(starts + lines + 1);
  u32 *firsts = (u32 *)prologue_take(4 * (lines + 1));
  prologue_number(&prologue_name_ends, 0);
  prologue_number(&prologue_value_ends, 0);
  for (u32 i = 0; i < lines; i++) {
    firsts[i] = prologue_fields;
    parse_line(bytes + starts[i], starts[i + 1] - starts[i]);
  }
  firsts[lines] = prologue_fields;

  u32 ends = 4 * (prologue_fields + 1), firsts_size = 4 * (lines + 1);
  u32 total = 8 + firsts_size + 2 * ends + prologue_names.size + prologue_values.size;
  u8 *answer = prologue_take(total), *at = answer + 8;
  ((u32 *)answer)[0] = lines;
  ((u32 *)answer)[1] = prologue_fields;
  prologue_copy(at, (const u8 *)firsts, firsts_size), at += firsts_size;
  prologue_copy(at, prologue_name_ends.data, ends), at += ends;
  prologue_copy(at, prologue_value_ends.data, ends), at += ends;
  prologue_copy(at, prologue_names.data, prologue_names.size), at += prologue_names.size;
  prologue_copy(at, prologue_values.data, prologue_values.size);
  (void)size;
  return ((u64)(u32)answer << 32) | total;
}
#endif
