import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useStore } from '../lib/store';
import { helpOpen } from '../state/dialogs';
import { KEYS } from '../timeline/input';

/** The list of keys. */
export function HelpDialog(): JSX.Element {
  const open = useStore(helpOpen);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    else if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} aria-label="keys" onClose={() => helpOpen.set(false)} onClick={(event) => event.target === dialog.current && helpOpen.set(false)}>
      <h2>Keys of the timeline</h2>
      <table>
        <tbody>
          {KEYS.map(([keys, what]) => (
            <tr key={keys}>
              <th scope="row">{keys}</th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        <button type="button" onClick={() => helpOpen.set(false)}>
          Close
        </button>
      </p>
    </dialog>
  );
}
