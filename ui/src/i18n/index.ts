/** Words in the reader's language. A missing translation does not compile; see `zh.ts`. */
import { QUICK_RANGES } from '../model/time';
import { settings } from '../state/settings';
import { type Key, en } from './en';
import { zh } from './zh';

export type { Key } from './en';

/** `{name}` in the text is replaced by the value given; text in braces that names nothing stays. */
export function t(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
  const text: string = (settings.value.language === 'zh' ? zh : en)[key];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** An age in the coarsest unit that says enough: `2 s`, `5 min`, `3 h`, `2 d`. */
export function age(ms: number): string {
  const zhNow = settings.value.language === 'zh';
  const s = Math.max(0, Math.floor(ms / 1000));
  const [value, unit, zhUnit] = s < 60 ? [s, 's', '秒'] as const
    : s < 3600 ? [Math.floor(s / 60), 'min', '分钟'] as const
    : s < 86_400 ? [Math.floor(s / 3600), 'h', '小时'] as const
    : [Math.floor(s / 86_400), 'd', '天'] as const;
  return `${value} ${zhNow ? zhUnit : unit}`;
}

/** `1 hour` for `1h`; a range that has no name keeps its own writing. */
export function rangeName(name: string): string {
  return (QUICK_RANGES as readonly string[]).includes(name) ? t(`unit.${name}` as Key) : name;
}

export function levelName(level: string): string {
  return level === 'unknown' ? t('level.unknown') : level;
}
