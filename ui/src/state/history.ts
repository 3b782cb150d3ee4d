/** The last queries that were run, newest first, in this browser only. */
const KEY = 'prologue.history';
const LIMIT = 30;

export function readHistory(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((q): q is string => typeof q === 'string') : [];
  } catch (error) {
    console.warn('stored history cannot be read', error);
    return [];
  }
}

export function remember(query: string): void {
  const text = query.trim();
  if (!text) return;
  const next = [text, ...readHistory().filter((q) => q !== text)].slice(0, LIMIT);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch (error) {
    console.warn('the history is not kept', error); // storage is off or full
  }
}
