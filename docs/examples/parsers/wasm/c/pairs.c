/* A parser of `key=value; key=value` lines, values bare or in double quotes. */
#include "prologue.h"

static void parse_line(const u8 *line, u32 size) {
  u32 at = 0, found = 0;
  while (at < size) {
    while (at < size && (line[at] == ' ' || line[at] == ';')) at++;
    u32 key = at;
    while (at < size && line[at] != '=' && line[at] != ' ' && line[at] != ';') at++;
    u32 key_size = at - key;
    if (at == size || line[at] != '=' || key_size == 0) continue;
    at++;
    u32 value, value_size;
    if (at < size && line[at] == '"') {
      value = ++at;
      while (at < size && line[at] != '"') at++;
      value_size = at - value;
      at++;
    } else {
      value = at;
      while (at < size && line[at] != ' ' && line[at] != ';') at++;
      value_size = at - value;
    }
    field((const char *)line + key, key_size, line + value, value_size);
    found++;
  }
  if (!found) FAIL("no key=value");
}
