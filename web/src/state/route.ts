// The page's address: `#token=TOKEN/PAGE?from=1&to=2`. All of a view's state is in it, so
// that a link opens the same view again. The token stands there as the command prints it.
import { createStore } from '../lib/store';

export interface Route {
  page: string;
  params: Readonly<Record<string, string>>;
}

export interface Address extends Route {
  token: string;
}

export function parseHash(hash: string): Address {
  const text = hash.replace(/^#/, '');
  const found = /^token=([^/?&]*)[/&]?(.*)$/s.exec(text);
  const rest = found ? (found[2] ?? '') : text.replace(/^\//, '');
  const mark = rest.indexOf('?');
  const page = mark < 0 ? rest : rest.slice(0, mark);
  const params: Record<string, string> = {};
  if (mark >= 0) for (const [key, value] of new URLSearchParams(rest.slice(mark + 1))) params[key] = value;
  return { token: found?.[1] ?? '', page: page || 'overview', params };
}

export function formatHash(address: Address): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(address.params)) if (value !== '') query.set(key, value);
  // Commas and colons may stand as they are, which keeps addresses readable.
  const text = query.toString().replace(/%2C/g, ',').replace(/%3A/g, ':');
  return `#token=${address.token}/${address.page}${text ? '?' + text : ''}`;
}

const KEPT = 'gotrace-token';

/** The token that every request carries. */
export let token = '';

export const route = createStore<Route>({ page: 'overview', params: {} });

function read(): void {
  const address = parseHash(location.hash);
  const kept = sessionStorage.getItem(KEPT) ?? '';
  token = address.token || kept;
  if (token && token !== kept) sessionStorage.setItem(KEPT, token);
  route.set({ page: address.page, params: address.params });
  if (token && !address.token) history.replaceState(null, '', formatHash({ ...address, token }));
}

/** Reads the address, now and whenever it changes. */
export function startRouting(): void {
  read();
  addEventListener('hashchange', read);
}

/** The address of a page, for links. Params that are not given are not in it. */
export function href(page: string, params: Record<string, string | number | null | undefined> = {}): string {
  return formatHash({ token, page, params: clean(params) });
}

function clean(params: Record<string, string | number | null | undefined>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') out[key] = String(value);
  }
  return out;
}

export function navigate(page: string, params: Record<string, string | number | null | undefined> = {}): void {
  location.hash = href(page, params);
}

let writing: ReturnType<typeof setTimeout> | undefined;

/**
 * Changes some of the parameters in place: for what changes often, such as the window of the
 * timeline. The address follows a little later, since browsers refuse more than 100 changes in
 * half a minute.
 */
export function setParams(changes: Record<string, string | number | null | undefined>): void {
  const now = route.get();
  const params: Record<string, string> = { ...now.params };
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') delete params[key];
    else params[key] = String(value);
  }
  route.set({ page: now.page, params });
  clearTimeout(writing);
  writing = setTimeout(writeAddress, 250);
}

/** Writes the address now, as before the page is left. */
export function writeAddress(): void {
  clearTimeout(writing);
  const hash = formatHash({ token, ...route.get() });
  if (hash !== location.hash) history.replaceState(null, '', hash);
}

/** A window of time in the address: "FROM-TO" in nanoseconds. */
export function parseWindow(text: string | undefined): [number, number] | null {
  const found = /^([0-9]+(?:\.[0-9]+)?)-([0-9]+(?:\.[0-9]+)?)$/.exec(text ?? '');
  if (!found) return null;
  const [from, to] = [Number(found[1]), Number(found[2])];
  return to > from ? [from, to] : null;
}

export function formatWindow(from: number, to: number): string {
  return `${Math.round(from)}-${Math.max(Math.round(from) + 1, Math.round(to))}`;
}
