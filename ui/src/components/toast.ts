/** Short confirmations ("Copied"), spoken to screen readers too. */
import { t } from '../i18n';

let element: HTMLElement | null = null;
let timer = 0;

export function toast(message: string): void {
  if (!element) {
    element = document.createElement('div');
    element.className = 'toast';
    element.setAttribute('role', 'status');
    document.body.append(element);
  }
  element.textContent = message;
  element.classList.add('shown');
  window.clearTimeout(timer);
  timer = window.setTimeout(() => element?.classList.remove('shown'), 1600);
}

/** Copies and says so. Browsers offer the clipboard only on localhost and https: elsewhere by selection. */
export async function copy(text: string): Promise<void> {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyBySelection(text);
    toast(t('details.copied'));
  } catch (error) {
    console.warn('copying was refused', error);
    toast(t('details.copyfailed'));
  }
}

function copyBySelection(text: string): void {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) throw new Error('execCommand refused');
}
