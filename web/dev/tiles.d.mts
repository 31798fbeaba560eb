export function encodeTile(tile: { from: number; to: number; cell: number; unit: number; lanes: unknown[] }): ArrayBuffer;
