// Runs before the first paint, so that a chosen theme does not flash. Its own file because the
// content security policy allows no inline script; settings.ts owns the format.
try {
  const stored = JSON.parse(localStorage.getItem('prologue.settings') ?? '{}') as { theme?: string };
  const system = window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const chosen = stored.theme === 'light' || stored.theme === 'dark' ? stored.theme : system;
  document.documentElement.dataset['theme'] = chosen;
} catch (error) {
  console.warn('stored settings cannot be read', error);
}
