// Writes tiles as the server does, for the page's own tests and the server in this folder.

const align = (n) => n + ((8 - (n % 8)) % 8);

/**
 * @param {{from: number, to: number, cell: number, unit: number, lanes: any[]}} tile lanes have
 *   `items`, or for a counter (kind 8) `steps` of time and value
 * @returns {ArrayBuffer}
 */
export function encodeTile(tile) {
  const size = (lane) => align(16 + (lane.steps ? lane.steps.length * 16 : lane.items.length * 24));
  const out = new DataView(new ArrayBuffer(32 + tile.lanes.reduce((sum, lane) => sum + size(lane), 0)));
  [tile.from, tile.to, tile.cell, tile.unit].forEach((value, i) => out.setFloat64(i * 8, value, true));
  let at = 32;
  for (const lane of tile.lanes) {
    out.setUint8(at, lane.kind);
    out.setUint32(at + 4, (lane.steps ?? lane.items).length, true);
    out.setFloat64(at + 8, lane.id, true);
    at += 16;
    for (const [time, value] of lane.steps ?? []) {
      out.setFloat64(at, time, true);
      out.setFloat64(at + 8, value, true);
      at += 16;
    }
    for (const item of lane.items ?? []) {
      out.setUint32(at, item.start, true);
      out.setUint32(at + 4, item.duration, true);
      out.setFloat64(at + 8, item.label, true);
      out.setUint32(at + 16, item.spans, true);
      out.setUint8(at + 20, item.state);
      out.setUint8(at + 21, item.fill);
      out.setUint8(at + 22, item.flags);
      at += 24;
    }
    at = align(at);
  }
  return out.buffer;
}
