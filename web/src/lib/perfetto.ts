// Handing a trace to ui.perfetto.dev: https://perfetto.dev/docs/visualization/deep-linking-to-perfetto-ui

export const PERFETTO = 'https://ui.perfetto.dev';

/** How often the window is asked whether it is there, and for how long. */
const EVERY = 50;
const PATIENCE = 60_000;

/**
 * Opens Perfetto, and hands it a trace once both are there. Call it in a click: a window that is
 * opened later is blocked.
 */
export async function openInPerfetto(title: string, fetchTrace: () => Promise<ArrayBuffer>): Promise<void> {
  const opened = window.open(PERFETTO);
  if (!opened) throw new Error('the browser did not open a window: allow this page to, or save the file and open it there');
  try {
    const [buffer] = await Promise.all([fetchTrace(), isThere(opened)]);
    opened.postMessage({ perfetto: { buffer, title, fileName: `${title}.pftrace` } }, PERFETTO, [buffer]);
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** Asks PING until the window says PONG. */
function isThere(opened: Window): Promise<void> {
  return new Promise((done, fail) => {
    const end = (): void => {
      clearInterval(timer);
      removeEventListener('message', listen);
    };
    const listen = (event: MessageEvent): void => {
      if (event.source !== opened || event.origin !== PERFETTO || event.data !== 'PONG') return;
      end();
      done();
    };
    const start = Date.now();
    const timer = setInterval(() => {
      if (opened.closed || Date.now() - start > PATIENCE) {
        end();
        fail(new Error(opened.closed ? 'the window of Perfetto was closed' : `${PERFETTO} does not answer`));
        return;
      }
      // Until Perfetto is there, the window has another origin, and gets nothing.
      opened.postMessage('PING', PERFETTO);
    }, EVERY);
    addEventListener('message', listen);
  });
}
