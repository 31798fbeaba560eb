// The first page: what is wrong, and what is in the trace.
import type { JSX } from 'preact';
import type { Diagnosis, Finding, Summary } from '../api/reports';
import { Facts, StateBar, Time } from '../parts/figures';
import { FunctionLink, GoroutineLink, logHref, placeHref } from '../parts/places';
import { Report, type Window } from '../parts/report';
import { Table } from '../parts/table';
import { timeColumn, countColumn } from '../parts/figures';
import { bytes, count, percent } from '../lib/numbers';
import { exact, short } from '../lib/time';
import { useStore } from '../lib/store';
import { href } from '../state/route';
import { meta } from '../state/trace';

export function OverviewPage({ win }: { win: Window | null }): JSX.Element {
  return (
    <>
      <Warnings />
      <Report<Diagnosis[]> name="diagnose" win={win}>
        {(runs) => runs.map((run, i) => <DiagnosisView key={i} run={run} many={runs.length > 1} />)}
      </Report>
      <Report<Summary> name="summary" win={win}>
        {(summary) => <SummaryView summary={summary} win={win} />}
      </Report>
    </>
  );
}

export function Warnings(): JSX.Element | null {
  const known = useStore(meta);
  const warnings = known?.warnings ?? [];
  if (warnings.length === 0) return null;
  return (
    <section class="warnings" aria-label="warnings">
      <h2>Not all of this {known?.kind ?? 'trace'} is whole</h2>
      <ul>
        {warnings.slice(0, 20).map((text, i) => (
          <li key={i}>{text}</li>
        ))}
      </ul>
      {warnings.length > 20 && <p>and {warnings.length - 20} more: `gotrace check` lists them all.</p>}
    </section>
  );
}

const VERDICTS: Record<string, string> = {
  healthy: 'Nothing is wrong with the scheduler.',
  'too-little': 'Nothing was found, but there is too little to judge by.',
  mixed: 'The lines of several programs cannot be told apart.',
};

export function DiagnosisView({ run, many }: { run: Diagnosis; many: boolean }): JSX.Element {
  const findings = run.findings ?? [];
  return (
    <section aria-label="diagnosis">
      <h2>Diagnosis{many ? ` of ${[run.program, run.run === null ? null : `run ${run.run + 1}`].filter(Boolean).join(', ') || 'lines that name no program'}` : ''}</h2>
      {findings.length === 0 && <p class={`verdict ${run.verdict}`}>{VERDICTS[run.verdict] ?? run.verdict}</p>}
      {findings.map((finding) => (
        <FindingView key={finding.pattern} finding={finding} run={run} />
      ))}
      {run.notes.length > 0 && (
        <ul class="faint">
          {run.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function FindingView({ finding, run }: { finding: Finding; run: Diagnosis }): JSX.Element {
  const place = (start: number, end: number): string => (run.kind === 'log' ? logHref(run, start, end) : placeHref(start, end));
  return (
    <article class={`finding ${finding.severity}`}>
      <h3>
        <span class="severity">{finding.severity}</span> <b>{finding.pattern}</b>: {finding.headline}
      </h3>
      {finding.when.length > 0 && (
        <p>
          when:{' '}
          {finding.when.slice(0, 8).map((when, i) => (
            <span key={when.start}>
              {i > 0 && ', '}
              <a href={place(when.start, when.end)}>{`${exact(when.start)} – ${exact(when.end)}`}</a>
            </span>
          ))}
          {finding.when.length > 8 && ` and ${finding.when.length - 8} more stretches`}
        </p>
      )}
      <ul>
        {finding.evidence.map((evidence, i) => (
          <li key={i}>
            {evidence.text}
            {evidence.goroutine !== null && run.kind === 'trace' && (
              <>
                {' ('}
                <GoroutineLink id={evidence.goroutine} />)
              </>
            )}
            {evidence.line !== null && <span class="faint"> (line {evidence.line})</span>}
            {evidence.when && (
              <>
                {' '}
                <a href={place(evidence.when.start, evidence.when.end)}>show</a>
              </>
            )}
            {evidence.stack.length > 0 && <span class="faint"> at {evidence.stack.slice(0, 3).join(' ← ')}</span>}
          </li>
        ))}
      </ul>
      <p>{finding.advice}</p>
      <p class="faint">
        rule: {finding.rule.text}: {Number(finding.rule.value.toPrecision(4))}, limit {finding.rule.limit} ({finding.rule.threshold})
      </p>
    </article>
  );
}

/** The summary as names and figures, which the page of a window sets beside each other. */
export function summaryFacts(s: Summary): (readonly [string, string])[] {
  const times = s.goroutines.times;
  return [
    ['length', short(s.span)],
    ['events', count(s.events)],
    ['goroutines', `${count(s.goroutines.at_start)} at the start, ${count(s.goroutines.created)} created, ${count(s.goroutines.ended)} ended, at most ${count(s.goroutines.most)}`],
    ['Ps', `${s.procs.count}, busy ${percent(s.procs.capacity ? s.procs.running / s.procs.capacity : null)}`],
    ['GOMAXPROCS', s.gomaxprocs ? (s.gomaxprocs.min === s.gomaxprocs.max ? String(s.gomaxprocs.max) : `${s.gomaxprocs.min} to ${s.gomaxprocs.max}`) : '–'],
    ['threads', count(s.threads)],
    ['running', short(times.running)],
    ['waiting for a P', `${short(times.runnable)}: p50 ${short(s.latency.p50)}, p99 ${short(s.latency.p99)}, max ${short(s.latency.max)}`],
    ['blocked', `net ${short(s.blocked.net)}, sync ${short(s.blocked.sync)}, syscall ${short(s.blocked.syscall)}`],
    ['system calls', `${count(s.syscalls.count)}, ${count(s.syscalls.lost)} lost their P`],
    ['Ps idle beside work', short(s.idle_beside.time)],
    ['GC cycles', `${count(s.gc.cycles)}, marking ${short(s.gc.marking)}`],
    ['mark assists', `${count(s.gc.assists)}, ${short(s.gc.assisting)}`],
    ['stop-the-world', s.stw.length ? `${count(s.stw.reduce((sum, one) => sum + one.count, 0))}, ${short(s.stw.reduce((sum, one) => sum + one.total, 0))}, max ${short(Math.max(...s.stw.map((one) => one.max)))}` : 'none'],
    ['heap', s.heap?.live ? `${bytes(s.heap.live.min)} to ${bytes(s.heap.live.max)}` : '–'],
    ['heap goal', s.heap?.goal ? `${bytes(s.heap.goal.min)} to ${bytes(s.heap.goal.max)}` : '–'],
    ['MMU', s.mmu.map((one) => `${short(one.window)}: ${percent(one.mmu)}`).join(', ')],
    ['tasks, regions, logs', `${count(s.tasks)}, ${count(s.regions)}, ${count(s.logs)}`],
    ['CPU samples', count(s.cpu_samples)],
  ];
}

function SummaryView({ summary, win }: { summary: Summary; win: Window | null }): JSX.Element {
  const top = summary.goroutines.top;
  return (
    <section aria-label="summary">
      <h2>Summary</h2>
      <Facts facts={summaryFacts(summary)} />
      <p>
        <a href={href('timeline')}>Open the timeline</a>
      </p>
      <h3>Goroutines by the function they began with</h3>
      <Table<Summary['goroutines']['top'][number]>
        label="functions"
        rows={top}
        keyOf={(row) => row.function ?? ''}
        columns={[
          { label: 'function', value: (row) => row.function, cell: (row) => <FunctionLink name={row.function} win={win} /> },
          countColumn('goroutines', (row) => row.count),
          timeColumn('running', (row) => row.times.running),
          timeColumn('runnable', (row) => row.times.runnable),
          timeColumn('syscall', (row) => row.times.syscall),
          timeColumn('waiting', (row) => row.times.waiting),
          { label: 'share', value: (row) => row.times.running, cell: (row) => <StateBar times={row.times} /> },
        ]}
      />
      {summary.stw.length > 0 && (
        <>
          <h3>Stops of the world</h3>
          <ul>
            {summary.stw.map((stop) => (
              <li key={stop.reason}>
                {stop.reason}: {count(stop.count)}, <Time ns={stop.total} /> together, <Time ns={stop.max} /> the longest
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
