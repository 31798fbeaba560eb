// Requests to the server that served the page. Each carries the token.
import { token } from '../state/route';

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly offset: number | null,
  ) {
    super(message);
  }
}

export type Params = Record<string, string | number | boolean | null | undefined>;

export function query(params: Params): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === '' || value === false) continue;
    out.set(key, value === true ? '1' : String(value));
  }
  const text = out.toString();
  return text ? '?' + text : '';
}

/** The response to a GET below `/api/`; an `ApiError` with the server's words otherwise. */
export async function request(path: string, params: Params = {}, signal?: AbortSignal): Promise<Response> {
  const response = await ask(`/api/${path}${query(params)}`, signal);
  if (response.ok) return response;
  throw await errorOf(response);
}

async function ask(address: string, signal: AbortSignal | undefined): Promise<Response> {
  // A connection may break just when it is used again: once more, then, but not for ever.
  for (let left = 1; ; left--) {
    try {
      return await fetch(address, { headers: { 'X-Gotrace-Token': token }, signal: signal ?? null, cache: 'no-store' });
    } catch (error) {
      if (isAbort(error)) throw error;
      if (left === 0) throw new ApiError('gotrace does not answer: has the command ended?', 0, null);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  let message = `the server answers ${response.status}`;
  let offset: number | null = null;
  try {
    const body: unknown = await response.json();
    if (body && typeof body === 'object' && 'error' in body) {
      message = String(body.error);
      if ('offset' in body && typeof body.offset === 'number') offset = body.offset;
    }
  } catch {
    // Not JSON: the status is all there is.
  }
  if (response.status === 403) message = 'this page is not allowed to ask: open the address that the command printed';
  return new ApiError(message, response.status, offset);
}

export async function getJson<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  return (await (await request(path, params, signal)).json()) as T;
}

export async function getBytes(path: string, params: Params = {}, signal?: AbortSignal): Promise<ArrayBuffer> {
  return (await request(path, params, signal)).arrayBuffer();
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
