/** Severity: the many names senders use, brought to seven, in the order they are stacked and listed. */

export const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'unknown'] as const;
export type Level = (typeof LEVELS)[number];

/** Three letters, so that a colour is never the only sign of a level. */
export const LEVEL_TAGS: Readonly<Record<Level, string>> = {
  fatal: 'FTL', error: 'ERR', warn: 'WRN', info: 'INF', debug: 'DBG', trace: 'TRC', unknown: '···',
};

const NAMES: Readonly<Record<string, Level>> = {
  fatal: 'fatal', critical: 'fatal', crit: 'fatal', emergency: 'fatal', emerg: 'fatal', alert: 'fatal', panic: 'fatal',
  error: 'error', err: 'error', eror: 'error', severe: 'error',
  warn: 'warn', warning: 'warn', wrn: 'warn',
  info: 'info', inf: 'info', information: 'info', informational: 'info', notice: 'info',
  debug: 'debug', dbg: 'debug', fine: 'debug',
  trace: 'trace', trc: 'trace', verbose: 'trace', finest: 'trace',
};

export function normalizeLevel(name: string | undefined): Level {
  return (name && NAMES[name.trim().toLowerCase()]) || 'unknown';
}

type Labels = Readonly<Record<string, string>>;

/** The server's `detected_level` decides; a line that lacks it falls back on a `level` it carries. */
export function levelOf(...sets: readonly Labels[]): Level {
  for (const name of ['detected_level', 'level', 'severity']) {
    for (const labels of sets) {
      const level = normalizeLevel(labels[name]);
      if (level !== 'unknown') return level;
    }
  }
  return 'unknown';
}
