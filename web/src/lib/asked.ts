// Searches, as they stand in the address.

/** The parts of a search, as they stand in the address. */
export const FIELDS = ['q', 'kind', 'state', 'reason', 'longer', 'overlaps'] as const;

export type Asked = Readonly<Partial<Record<(typeof FIELDS)[number], string>>>;

/** The search that an address asks for. */
export function askedOf(params: Readonly<Record<string, string>>): Asked {
  const out: Partial<Record<(typeof FIELDS)[number], string>> = {};
  for (const field of FIELDS) {
    const text = params[field]?.trim();
    if (text) out[field] = text;
  }
  return out;
}

/** Whether there is something to search for. */
export function isAsked(asked: Asked): boolean {
  return Boolean(asked.q || asked.longer || asked.overlaps || asked.kind === 'span');
}

export const keyOfSearch = (asked: Asked): string => JSON.stringify(FIELDS.map((field) => asked[field]));

/** A search in words. */
export function wordsOf(asked: Asked): string {
  const parts = [asked.q && `“${asked.q}”`, asked.kind === 'span' && (asked.state ?? 'spans'), asked.reason && `because of “${asked.reason}”`, asked.longer && `of ${asked.longer} or longer`, asked.overlaps && (asked.overlaps === 'gc' ? 'while the collector marked' : 'while the world was stopped')];
  return parts.filter(Boolean).join(' ');
}
