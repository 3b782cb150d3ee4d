/** What the reader prefers, remembered in this browser. `boot.ts` applies the theme before the first paint. */
import type { Zone } from '../model/time';
import { Store } from './store';

export type Theme = 'auto' | 'light' | 'dark';
export type Language = 'en' | 'zh';

export interface Settings {
  readonly theme: Theme;
  readonly language: Language;
  readonly zone: Zone;
  readonly tenant: string;
  readonly wrap: boolean;
  readonly sidebar: boolean;
}

const KEY = 'prologue.settings';

const defaults = (): Settings => ({
  theme: 'auto',
  language: navigator.languages.some((l) => l.toLowerCase().startsWith('zh')) ? 'zh' : 'en',
  zone: 'local',
  tenant: '',
  wrap: false,
  sidebar: window.innerWidth > 860,
});

function read(): Settings {
  try {
    return { ...defaults(), ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>) };
  } catch (error) {
    console.warn('stored settings cannot be read; using the defaults', error);
    return defaults();
  }
}

export const settings = new Store<Settings>(read());

const darkScheme = window.matchMedia('(prefers-color-scheme: dark)');

export const isDark = (): boolean =>
  settings.value.theme === 'dark' || (settings.value.theme === 'auto' && darkScheme.matches);

function apply(): void {
  const root = document.documentElement;
  root.dataset['theme'] = isDark() ? 'dark' : 'light';
  root.lang = settings.value.language === 'zh' ? 'zh-CN' : 'en';
}

export function change(values: Partial<Settings>): void {
  settings.set(values);
  apply();
  try {
    localStorage.setItem(KEY, JSON.stringify(settings.value));
  } catch (error) {
    console.warn('settings are kept for this page only', error); // storage is off or full
  }
}

darkScheme.addEventListener('change', () => {
  apply();
  settings.set({}); // charts paint colours themselves and must be drawn again
});
apply();
