// Buttons that fetch files with the token, which a plain link could not send.
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { messageOf, request, type Params } from '../api/client';
import { Problem } from './empty';

/** A button for work that may fail, which says why. */
export function Work({ label, work }: { label: string; work: () => Promise<void> }): JSX.Element {
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({ busy: false, problem: null });
  const run = (): void => {
    setState({ busy: true, problem: null });
    work().then(
      () => setState({ busy: false, problem: null }),
      (error: unknown) => setState({ busy: false, problem: messageOf(error) }),
    );
  };
  return (
    <>
      <button type="button" disabled={state.busy} onClick={run}>
        {label}
      </button>
      {state.problem && <Problem text={state.problem} />}
    </>
  );
}

/** A button that saves a file, with a word on what opens it. */
export function Save({ path, params, file, children }: { path: string; params: Params; file: string; children: ComponentChildren }): JSX.Element {
  const save = async (): Promise<void> => {
    const response = await request(path, params);
    const url = URL.createObjectURL(await response.blob());
    const link = document.createElement('a');
    link.href = url;
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <p>
      <Work label={`save ${file}`} work={save} /> <span class="faint">{children}</span>
    </p>
  );
}
