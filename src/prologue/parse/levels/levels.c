// The level that a line says, for many lines in one call. What is looked for, and in which order, is written
// down in sql.py, whose regular expressions mean the same; where they could say something that this does not,
// the answer is UNDECIDED and they are asked.
//
// Built into levels.wasm by `make levels`. Python writes the lines' bytes one behind the other to text(),
// where each line ends to ends(), and reads a code a line from codes().

#include <wasm_simd128.h>

typedef unsigned char u8;
typedef unsigned int u32;

#define TEXT_BYTES (1u << 20)
#define MOST_LINES (1u << 16)
#define START 256u // bytes of a line that are looked at
#define SLOTS 1024u
#define LONGEST 13u
#define VECTOR 16u // bytes that are looked at together

enum { UNDECIDED = 0 };
enum { ALONE = 1, ALONE_IN_CAPITALS = 2 };

typedef struct {
  u8 size, code, flags, text[LONGEST];
} Word;

static u8 text_[TEXT_BYTES + VECTOR]; // the last look may pass the last byte
static u32 ends_[MOST_LINES];
static u8 codes_[MOST_LINES];
static Word words_[SLOTS];
static u32 alone_[26]; // by the first letter of a word that may stand alone: which letters are its second
static u8 unknown_;

__attribute__((export_name("text"))) u8 *text(void) { return text_; }
__attribute__((export_name("ends"))) u32 *ends(void) { return ends_; }
__attribute__((export_name("codes"))) u8 *codes(void) { return codes_; }
__attribute__((export_name("text_bytes"))) u32 text_bytes(void) { return TEXT_BYTES; }
__attribute__((export_name("most_lines"))) u32 most_lines(void) { return MOST_LINES; }
__attribute__((export_name("source"))) u32 source(void) { return SOURCE; } // the first bytes of this file's SHA-256
__attribute__((export_name("unknown"))) void unknown(u32 code) { unknown_ = code; }

static int letter(u8 c) { return (u8)((c | 32) - 'a') < 26; }
static int digit(u8 c) { return (u8)(c - '0') < 10; }
static int word_byte(u8 c) { return letter(c) || digit(c) || c == '_'; }
static int space(u8 c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }
static int same(const u8 *p, const char *lower, u32 size) {
  for (u32 i = 0; i < size; i++)
    if ((p[i] | 32) != (u8)lower[i]) return 0;
  return 1;
}
static int equal(const u8 *p, const char *other, u32 size) {
  for (u32 i = 0; i < size; i++)
    if (p[i] != (u8)other[i]) return 0;
  return 1;
}

static u32 slot(const u8 *p, u32 size) { // of a word in small letters
  return (p[0] * 7u + p[size / 2] * 31u + p[size - 1] * 131u + size * 53u) % SLOTS;
}

// A word in text(), in small letters. False where it is too long, or no place is left.
__attribute__((export_name("add_word"))) u32 add_word(u32 size, u32 code, u32 flags) {
  if (!size || size > LONGEST) return 0;
  for (u32 at = slot(text_, size), tries = 0; tries < SLOTS; tries++, at = (at + 1) % SLOTS) {
    Word *word = &words_[at];
    if (word->size) continue;
    word->size = size, word->code = code, word->flags = flags;
    for (u32 i = 0; i < size; i++) word->text[i] = text_[i];
    if (flags) alone_[(text_[0] - 'a') % 26] |= 1u << (text_[1] - 'a') % 26;
    return 1;
  }
  return 0;
}

static const Word *named(const u8 *p, u32 size) {
  u8 small[LONGEST];
  if (!size || size > LONGEST) return 0;
  for (u32 i = 0; i < size; i++) small[i] = letter(p[i]) ? p[i] | 32 : p[i];
  for (u32 at = slot(small, size);; at = (at + 1) % SLOTS) {
    const Word *word = &words_[at];
    if (!word->size) return 0;
    if (word->size == size && equal(small, (const char *)word->text, size)) return word;
  }
}

static u32 code_of(const u8 *p, u32 size) { // 0 where the word names no level
  const Word *word = named(p, size);
  return word ? word->code : 0;
}

// U+017F and U+212A: without regard to case these are an s and a k.
static int folds_to_letter(const u8 *p, const u8 *end) {
  return (end - p >= 2 && p[0] == 0xC5 && p[1] == 0xBF) ||
         (end - p >= 3 && p[0] == 0xE2 && p[1] == 0x84 && p[2] == 0xAA);
}

static int begins_a_word(const u8 *line, const u8 *p) { return p == line || !word_byte(p[-1]); }

// `level`, `lvl`, `severity` with a `v` at `v`, behind a boundary or behind `log` or `log_`: where it ends.
static const u8 *key(const u8 *line, const u8 *v, const u8 *end, int *odd) {
  const u8 *start, *behind;
  u32 before = v - line, after = end - v;
  if (before >= 1 && after >= 2 && same(v - 1, "lvl", 3)) {
    start = v - 1, behind = v + 2;
  } else if (before >= 2 && after >= 3 && same(v - 2, "level", 5)) {
    start = v - 2, behind = v + 3;
  } else if (after >= 6 && same(v, "verity", 6) && before >= 1 && (v[-1] | 32) == 'e') {
    if (before >= 3 && v[-3] == 0xC5 && v[-2] == 0xBF) *odd = 1;
    if (before < 2 || (v[-2] | 32) != 's') return 0;
    start = v - 2, behind = v + 6;
  } else {
    return 0;
  }
  if (begins_a_word(line, start)) return behind;
  if (start - line >= 3 && same(start - 3, "log", 3) && begins_a_word(line, start - 3)) return behind;
  if (start - line >= 4 && start[-1] == '_' && same(start - 4, "log", 3) && begins_a_word(line, start - 4))
    return behind;
  return 0;
}

// What stands behind a key: a separator and a value. True where it does; the value's code, 0 for none.
static int value(const u8 *p, const u8 *end, u32 *code, int *odd) {
  const u8 *start;
  if (p < end && (*p == '"' || *p == '\'')) p++;
  while (p < end && space(*p)) p++;
  if (p == end || (*p != '=' && *p != ':')) return 0;
  p++;
  while (p < end && space(*p)) p++;
  if (p < end && (*p == '"' || *p == '\'')) p++;
  start = p;
  while (p < end && letter(*p)) p++;
  if (p < end && folds_to_letter(p, end)) *odd = 1;
  if (p == start) {
    if (end - p < 2 || p[0] < '1' || p[0] > '6' || p[1] != '0') return 0;
    p += 2;
    if (p < end && word_byte(*p)) return 0;
  }
  *code = code_of(start, p - start);
  return 1;
}

// The first key with a value decides. UNDECIDED in `*odd`; 0 where there is none, or it names no level.
static u32 keyed(const u8 *line, const u8 *end, int *odd) {
  v128_t v = wasm_i8x16_splat('v'), at = wasm_i8x16_splat('@'), small = wasm_i8x16_splat(32);
  for (const u8 *p = line; p < end; p += VECTOR) {
    v128_t bytes = wasm_v128_load(p);
    u32 found = wasm_i8x16_bitmask(wasm_v128_or(wasm_i8x16_eq(wasm_v128_or(bytes, small), v),
                                                wasm_i8x16_eq(bytes, at)));
    for (; found; found &= found - 1) {
      const u8 *one = p + __builtin_ctz(found), *behind = 0;
      u32 code = 0;
      if (one >= end) break;
      if (*one == '@') {
        if (one == line || one[-1] != '"' || end - one < 2) continue;
        if (one[1] == 'L') *odd = 1; // the engine asks for the small one before it asks for either
        if (one[1] == 'l') behind = one + 2;
      } else {
        behind = key(line, one, end, odd);
      }
      if (behind && value(behind, end, &code, odd)) return code;
      if (*odd) return 0;
    }
  }
  return 0;
}

// klog, glog, CockroachDB, Ruby and MongoDB begin a line with the level's letter.
static u32 by_letter(const u8 *line, const u8 *end) {
  const u8 *p = line + 1;
  u32 digits = 0;
  if (line == end) return 0;
  if (*line != 'I' && *line != 'W' && *line != 'E' && *line != 'F' && *line != 'D') return 0;
  while (p < end && digit(*p)) p++, digits++;
  if (digits == 4 || digits == 6 || digits == 8) {
    if (end - p >= 9 && p[0] == ' ' && digit(p[1]) && digit(p[2]) && p[3] == ':' && digit(p[4]) && digit(p[5]) &&
        p[6] == ':' && digit(p[7]) && digit(p[8]))
      return code_of(line, 1);
  }
  if (digits <= 1 && end - p >= 2 && p[0] == '"' && p[1] == ',') return code_of(line, 1);
  if (!digits && end - p >= 4 && p[0] == ',' && p[1] == ' ' && p[2] == '[' && digit(p[3])) return code_of(line, 1);
  return 0;
}

static int ends_a_word(const u8 *p, const u8 *end) {
  if (p == end || space(*p)) return 1;
  switch (*p) {
    case '[': case ']': case '>': case ')': case '|': case '/': case ':': case ',': case 0x1b: return 1;
    default: return 0;
  }
}

static u32 word_alone(const u8 *p, const u8 *end, int *odd) {
  const u8 *start = p, *longest = (u32)(end - p) > LONGEST ? p + LONGEST : end;
  const Word *word;
  u32 capitals = 1;
  if (end - p < 3) return 0;
  if (!letter(*p)) {
    *odd = folds_to_letter(p, end);
    return 0;
  }
  if (!letter(p[1]) || !(alone_[(*p | 32) - 'a'] >> ((p[1] | 32) - 'a') & 1)) return 0;
  for (; p < longest && letter(*p); p++) capitals &= !(*p & 32);
  if (!ends_a_word(p, end)) return 0;
  word = named(start, p - start);
  if (!word) return 0;
  return (word->flags & ALONE) || (capitals && (word->flags & ALONE_IN_CAPITALS)) ? word->code : 0;
}

static const u8 *behind_colour(const u8 *p, const u8 *end) { // "\x1b[1;31m"
  if (end - p < 3 || p[0] != 0x1b || p[1] != '[') return 0;
  for (p += 2; p < end && (digit(*p) || *p == ';'); p++) {}
  return p < end && *p == 'm' ? p + 1 : 0;
}

static u32 console_word(const u8 *p, const u8 *end) { // MySQL's and .NET's console
  static const char *const words[] = {"Note", "System", "dbug", "trce", "fail"};
  for (u32 i = 0; i < 5; i++) {
    u32 size = i == 1 ? 6 : 4;
    const u8 *behind = p + size;
    if ((u32)(end - p) < size + 2 || !equal(p, words[i], size) || behind[1] != ' ') continue;
    if (behind[0] == ']' || behind[0] == ':') return code_of(p, size);
  }
  return 0;
}

// The first word that stands alone, and where there is none that of a console.
static u32 alone(const u8 *line, const u8 *end, int *odd) {
  u32 code = word_alone(line, end, odd), shown = console_word(line, end);
  if (code || *odd) return code;
  for (const u8 *p = line; p < end; p += VECTOR) {
    v128_t bytes = wasm_v128_load(p);
#define IS(c) wasm_i8x16_eq(bytes, wasm_i8x16_splat(c))
    v128_t control = wasm_u8x16_le(wasm_i8x16_sub(bytes, wasm_i8x16_splat('\t')), wasm_i8x16_splat(4));
    v128_t found = wasm_v128_or(
        wasm_v128_or(wasm_v128_or(IS(' '), IS('[')), wasm_v128_or(IS('<'), IS('('))),
        wasm_v128_or(wasm_v128_or(IS('|'), IS(':')), wasm_v128_or(IS(0x1b), control)));
#undef IS
    for (u32 bits = wasm_i8x16_bitmask(found); bits; bits &= bits - 1) {
      const u8 *one = p + __builtin_ctz(bits), *word = one + 1;
      if (one >= end) break;
      if (*one == 0x1b) word = behind_colour(one, end);
      if (*one == '\v' || !word) continue;
      code = word_alone(word, end, odd);
      if (code || *odd) return code;
      if (*one == '[' && !shown && one > line && one[-1] == ' ') shown = console_word(word, end);
    }
  }
  return shown;
}

static u32 priority(const u8 *line, const u8 *end) { // "<13>"
  static const char *const names[] = {"fatal", "critical", "critical", "error", "warn", "info", "info", "debug"};
  static const u8 sizes[] = {5, 8, 8, 5, 4, 4, 4, 5};
  u32 number = 0, digits = 0;
  const u8 *p = line + 1;
  if (line == end || *line != '<') return 0;
  for (; p < end && digits < 3 && digit(*p); p++, digits++) number = number * 10 + (*p - '0');
  if (!digits || p == end || *p != '>') return 0;
  return code_of((const u8 *)names[number % 8], sizes[number % 8]);
}

static u32 guess(const u8 *line, const u8 *end) {
  u32 code;
  int odd = 0;
  while (end > line && (end[-1] == '\n' || end[-1] == '\r')) end--;
  if ((u32)(end - line) > START) end = line + START;
  code = keyed(line, end, &odd);
  if (odd) return UNDECIDED;
  if (code) return code;
  if (line < end && *line == '{') return UNDECIDED; // MongoDB's letter is inside
  if ((code = by_letter(line, end))) return code;
  code = alone(line, end, &odd);
  if (odd) return UNDECIDED;
  return code || (code = priority(line, end)) ? code : unknown_;
}

__attribute__((export_name("guess_lines"))) void guess_lines(u32 count) {
  const u8 *line = text_;
  for (u32 i = 0; i < count; i++) {
    const u8 *end = text_ + ends_[i];
    codes_[i] = guess(line, end);
    line = end;
  }
}
