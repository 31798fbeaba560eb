// Light or dark: as the system says, or as the reader chose.
import { createStore } from '../lib/store';
import { palettes, type Palette } from '../timeline/colors';

export type Choice = 'system' | 'light' | 'dark';

const KEY = 'gotrace-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

function kept(): Choice {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
}

export const choice = createStore<Choice>('system');
export const palette = createStore<Palette>(palettes.light);

function apply(): void {
  const dark = choice.get() === 'dark' || (choice.get() === 'system' && system.matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  palette.set(dark ? palettes.dark : palettes.light);
}

export function startTheme(): void {
  choice.set(kept());
  system.addEventListener('change', apply);
  choice.watch(() => {
    localStorage.setItem(KEY, choice.get());
    apply();
  });
  apply();
}

/** The other of light and dark than what is shown now. */
export function toggleTheme(): void {
  choice.set(palette.get().dark ? 'light' : 'dark');
}
