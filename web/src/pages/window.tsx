// A window of time: its figures beside those of the whole trace, and each report of it.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Summary } from '../api/reports';
import { Empty } from '../parts/empty';
import { Report, type Window } from '../parts/report';
import { exact, short } from '../lib/time';
import { formatWindow, href } from '../state/route';
import { BlockingBody } from './blocking';
import { GcBody } from './gc';
import { GoroutinesBody } from './goroutines';
import { LatencyBody } from './latency';
import { MmuBody } from './mmu';
import { OverviewPage, summaryFacts } from './overview';
import { ProcsBody } from './procs';
import { FlamePanel } from './profiles';
import { RegionsBody } from './regions';
import { StwBody } from './stw';
import { TasksBody } from './tasks';

const SECTIONS: readonly [id: string, label: string, body: (props: { win: Window | null }) => JSX.Element][] = [
  ['diagnose', 'Diagnosis', OverviewPage],
  ['goroutines', 'Goroutines', GoroutinesBody],
  ['latency', 'Latency', LatencyBody],
  ['procs', 'Procs', ProcsBody],
  ['blocking', 'Blocking', BlockingBody],
  ['profiles', 'Flame graph', ({ win }) => <FlamePanel kind="wall" win={win} params={{}} />],
  ['tasks', 'Tasks', TasksBody],
  ['regions', 'Regions', RegionsBody],
  ['gc', 'GC', GcBody],
  ['stw', 'Stop-the-world', StwBody],
  ['mmu', 'MMU', ({ win }) => <MmuBody win={win} />],
];

export function WindowPage({ win }: { win: Window | null }): JSX.Element {
  const [shown, setShown] = useState('goroutines');
  if (!win) {
    return (
      <Empty title="No window is selected.">
        <p>
          Drag over a stretch of the <a href={href('timeline')}>timeline</a>, then press R or follow “reports”.
        </p>
      </Empty>
    );
  }
  const section = SECTIONS.find(([id]) => id === shown);
  const Body = section?.[2];
  return (
    <>
      <p>
        From {exact(win[0])} to {exact(win[1])}, {short(win[1] - win[0])} · <a href={href('timeline', { from: win[0], to: win[1], sel: formatWindow(win[0], win[1]) })}>show it in the timeline</a>
      </p>
      <Report<Summary> name="summary" win={win}>
        {(part) => (
          <Report<Summary> name="summary" win={null}>
            {(whole) => <Compare part={part} whole={whole} />}
          </Report>
        )}
      </Report>
      <nav class="tabs" aria-label="reports of the window">
        {SECTIONS.map(([id, label]) => (
          <button type="button" key={id} aria-pressed={id === shown} onClick={() => setShown(id)}>
            {label}
          </button>
        ))}
      </nav>
      {Body && (
        <div class="beside wide">
          <section aria-label="this window">
            <h2 class="side">This window</h2>
            <Body key={`${shown} window`} win={win} />
          </section>
          <section aria-label="the whole trace">
            <h2 class="side">The whole trace</h2>
            <Body key={`${shown} whole`} win={null} />
          </section>
        </div>
      )}
    </>
  );
}

function Compare({ part, whole }: { part: Summary; whole: Summary }): JSX.Element {
  const [left, right] = [summaryFacts(part), summaryFacts(whole)];
  return (
    <div class="table">
      <table>
        <caption class="unseen">the window beside the whole trace</caption>
        <thead>
          <tr>
            <th scope="col" />
            <th scope="col">this window</th>
            <th scope="col">the whole trace</th>
          </tr>
        </thead>
        <tbody>
          {left.map(([name, value], i) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
              <td>{right[i]?.[1]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
