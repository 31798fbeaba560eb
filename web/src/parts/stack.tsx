import type { JSX } from 'preact';
import type { Frame } from '../api/types';

/** A stack, innermost first, or why there is none. */
export function StackView({ stack, most = 30 }: { stack: readonly Frame[]; most?: number }): JSX.Element {
  if (stack.length === 0) return <p class="faint">The trace has no stack of it.</p>;
  return (
    <ol class="stack">
      {stack.slice(0, most).map((frame, i) => (
        <li key={i} title={frame.file ? `${frame.file}:${frame.line}` : undefined}>
          {frame.func || '(unknown)'}
          {frame.file && <span class="faint">{` ${frame.file.split('/').at(-1)}:${frame.line}`}</span>}
        </li>
      ))}
      {stack.length > most && <li class="faint">and {stack.length - most} more</li>}
    </ol>
  );
}
