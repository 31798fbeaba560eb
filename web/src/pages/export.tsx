// The trace, or a window of it, for other viewers.
import type { JSX } from 'preact';
import { getBytes } from '../api/client';
import { PERFETTO, openInPerfetto } from '../lib/perfetto';
import { useStore } from '../lib/store';
import { Save, Work } from '../parts/save';
import { windowParams, type Window } from '../parts/report';
import { formatWindow, href } from '../state/route';
import { meta } from '../state/trace';

export function ExportPage({ win }: { win: Window | null }): JSX.Element {
  const name = useStore(meta)?.name.split(/[\\/]/).at(-1) || 'trace';
  const params = windowParams(win);
  return (
    <>
      <section aria-label="Perfetto">
        <h2>Perfetto</h2>
        <p>
          <Work label="Open in Perfetto" work={() => openInPerfetto(name, () => getBytes('export/perfetto', params))} />{' '}
          <span class="faint">in {PERFETTO.replace('https://', '')}, which is loaded from there; the trace stays in this browser</span>
        </p>
        <Save path="export/perfetto" params={params} file="trace.pftrace">
          for ui.perfetto.dev and trace_processor
        </Save>
        <p class="faint">`gotrace export perfetto` has options more: one goroutine, a task, older Perfetto, tracks for more than 10,000 goroutines.</p>
      </section>
      <section aria-label="Chrome">
        <h2>Chrome’s Trace Event Format</h2>
        <Save path="export/chrome" params={params} file="trace.json">
          for catapult (chrome://tracing), speedscope, and Perfetto too
        </Save>
      </section>
      <section aria-label="profiles">
        <h2>Profiles</h2>
        <p>
          For `go tool pprof`, flame graphs and speedscope: <a href={href('profiles', { win: win ? formatWindow(win[0], win[1]) : null })}>at each profile</a>.
        </p>
      </section>
    </>
  );
}
