// The stretch of time that is looked at, and how it moves.
import { createStore } from '../lib/store';

/** The shortest stretch that can be looked at, in nanoseconds. */
export const LEAST_SPAN = 20;

export class View {
  from = 0;
  to = 1;
  /** The trace's length. It grows while the trace is read. */
  span = 1;
  /** Whether someone chose the stretch: otherwise it is the whole, and grows with it. */
  chosen = false;
  /** Counted up with each change. */
  readonly moves = createStore(0);

  private changed(): void {
    this.moves.set(this.moves.get() + 1);
  }

  /** Sets the length of the trace. */
  grow(span: number): void {
    if (!(span > 0) || span === this.span) return;
    this.span = span;
    if (!this.chosen) {
      this.from = 0;
      this.to = span;
    }
    this.changed();
  }

  /** Looks at a stretch; one that does not fit is moved and cut so that it does. */
  show(from: number, to: number): void {
    const least = Math.min(LEAST_SPAN, this.span);
    const length = Math.min(this.span, Math.max(least, to - from));
    if (!Number.isFinite(from) || !Number.isFinite(length)) return;
    // A stretch that is too short grows around its middle.
    const start = to - from < length ? (from + to) / 2 - length / 2 : from;
    this.from = Math.max(0, Math.min(start, this.span - length));
    this.to = this.from + length;
    this.chosen = length < this.span;
    this.changed();
  }

  whole(): void {
    this.show(0, this.span);
  }

  /** Makes the stretch `factor` times as long; the moment at share `at` of it stays there. */
  zoom(factor: number, at = 0.5): void {
    const length = this.to - this.from;
    const next = Math.min(this.span, Math.max(Math.min(LEAST_SPAN, this.span), length * factor));
    const fixed = this.from + length * at;
    this.show(fixed - next * at, fixed - next * at + next);
  }

  /** Moves by a share of the stretch's length. */
  pan(share: number): void {
    const by = (this.to - this.from) * share;
    const from = Math.max(0, Math.min(this.from + by, this.span - (this.to - this.from)));
    this.show(from, from + (this.to - this.from));
  }

  /** Shows a stretch with some room around it. */
  focus(start: number, end: number, room = 0.5): void {
    const length = Math.max(end - start, LEAST_SPAN);
    this.show(start - length * room, end + length * room);
  }
}
