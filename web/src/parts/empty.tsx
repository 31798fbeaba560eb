import type { ComponentChildren, JSX } from 'preact';

/** Why there is nothing to show, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <p>
        <b>{title}</b>
      </p>
      {children}
    </div>
  );
}

export function EmptyTrace({ problem }: { problem: string | null }): JSX.Element {
  return (
    <Empty title="There is no event in this trace.">
      <p>{problem ?? 'A program that ended before trace.Stop, or was killed, may leave such a file. `gotrace check FILE` tells what is in it.'}</p>
    </Empty>
  );
}

export function Problem({ text }: { text: string }): JSX.Element {
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}
