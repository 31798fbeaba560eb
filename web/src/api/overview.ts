// The stream of the coarse view of the whole trace: frames of `u32 kind, u32 length` and bytes.
import { request } from './client';
import { parseTile, type Tile } from './tile';
import type { Meta } from './types';

export interface OverviewEvents {
  tile(tile: Tile): void;
  meta(meta: Meta): void;
}

/** Takes a stream apart into frames, wherever the network cuts it. */
export class FrameReader {
  private rest = new Uint8Array(0);

  constructor(private readonly frame: (kind: number, bytes: Uint8Array) => void) {}

  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.rest.length > 0) {
      bytes = new Uint8Array(this.rest.length + chunk.length);
      bytes.set(this.rest);
      bytes.set(chunk, this.rest.length);
    }
    let at = 0;
    while (bytes.length - at >= 8) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
      const length = view.getUint32(4, true);
      if (bytes.length - at - 8 < length) break;
      this.frame(view.getUint32(0, true), bytes.subarray(at + 8, at + 8 + length));
      at += 8 + length;
    }
    this.rest = bytes.slice(at);
  }

  /** Whether the stream ended in the middle of a frame. */
  get cut(): boolean {
    return this.rest.length > 0;
  }
}

/** Reads the stream to its end. */
export async function readOverview(events: OverviewEvents): Promise<void> {
  const response = await request('overview');
  const text = new TextDecoder();
  const frames = new FrameReader((kind, bytes) => {
    if (kind === 1) events.tile(parseTile(bytes.slice().buffer));
    else if (kind === 2 || kind === 3) events.meta(JSON.parse(text.decode(bytes)) as Meta);
  });
  const reader = response.body?.getReader();
  if (!reader) return;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    frames.push(value);
  }
  if (frames.cut) throw new Error('the overview broke off');
}
