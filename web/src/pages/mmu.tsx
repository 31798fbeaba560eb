// The minimum mutator utilization: the curve, with all choices of what counts, and its worst windows.
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Mmu } from '../api/reports';
import { Chart, type Series } from '../parts/chart';
import { Empty } from '../parts/empty';
import { Report, type Window } from '../parts/report';
import { Table } from '../parts/table';
import { percent } from '../lib/numbers';
import { exact, short } from '../lib/time';
import { useStore } from '../lib/store';
import { setParams } from '../state/route';
import { clock } from '../state/trace';
import { placeHref } from '../parts/places';

/** What may count as the collector's. */
const COUNTED: readonly [name: string, label: string, usual: boolean][] = [
  ['stw', 'stops of the world', true],
  ['background', 'background workers', true],
  ['assist', 'mark assists', true],
  ['sweep', 'sweeping', false],
];

const USUAL = COUNTED.filter(([, , usual]) => usual).map(([name]) => name).join(',');

export function MmuPage({ win, params }: { win: Window | null; params: Readonly<Record<string, string>> }): JSX.Element {
  const of = params['of'] ?? USUAL;
  const chosen = of.split(',').filter(Boolean);
  const perProc = params['per-proc'] === '1';
  const toggle = (name: string): void => {
    const next = COUNTED.map(([one]) => one).filter((one) => (one === name ? !chosen.includes(one) : chosen.includes(one)));
    if (next.length > 0) setParams({ of: next.join(',') === USUAL ? null : next.join(',') });
  };
  return (
    <>
      <p>For each length of a window: the least share of the Ps’ time that the program had in any stretch of that length, while the collector took the rest. At 0% it stood still for as long.</p>
      <fieldset class="filters">
        <legend>What counts as the collector’s</legend>
        {COUNTED.map(([name, label]) => (
          <label key={name}>
            <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} /> {label}
          </label>
        ))}
        <label>
          <input type="checkbox" checked={perProc} onChange={() => setParams({ 'per-proc': perProc ? null : '1' })} /> each P by itself
        </label>
      </fieldset>
      <MmuBody win={win} of={chosen.join(',')} perProc={perProc} />
    </>
  );
}

export function MmuBody({ win, of = USUAL, perProc = false }: { win: Window | null; of?: string; perProc?: boolean }): JSX.Element {
  return (
    <Report<Mmu> name="mmu" params={{ of, 'per-proc': perProc, worst: 10 }} win={win}>
      {(data) => <View data={data} />}
    </Report>
  );
}

const QUANTILE_COLORS = ['#0072b2', '#009e73', '#d89b00', '#cc79a7'];

function View({ data }: { data: Mmu }): JSX.Element {
  const zero = useStore(clock) ?? data.start;
  const [picked, setPicked] = useState<number | null>(null);
  // Go's plot repeats the shortest windows, where a curve wants each once.
  const windows = useMemo(() => data.windows.filter((one, i) => i === 0 || one.window > (data.windows[i - 1]?.window ?? 0)), [data]);
  const x = useMemo(() => windows.map((one) => one.window), [windows]);
  const series = useMemo<Series[]>(
    () => [
      { label: 'MMU', values: windows.map((one) => one.mmu), color: QUANTILE_COLORS[0] as string, fill: true },
      ...data.quantiles.slice(1).map((quantile, i) => ({ label: `all but ${percent(Number(quantile.toPrecision(3)))} of windows`, values: windows.map((one) => one.quantiles[i + 1] ?? null), color: QUANTILE_COLORS[(i + 1) % 4] as string })),
    ],
    [windows, data],
  );
  if (windows.length === 0) return <Empty title="The trace is too short for this." />;
  const shown = windows[picked ?? middle(windows)];
  return (
    <>
      <Chart label="minimum mutator utilization by the length of the window; a click lists the worst windows of that length" x={x} series={series} height={320} logX xLabel="window" xText={short} yText={percent} yTop={1} onPick={setPicked} />
      {shown && (
        <>
          <h2>The worst windows of {short(shown.window)}</h2>
          <p class="faint">
            <label>
              length of the window{' '}
              <select value={picked ?? middle(windows)} onChange={(event) => setPicked(Number(event.currentTarget.value))}>
                {windows.map((one, i) => (
                  <option key={one.window} value={i}>
                    {short(one.window)}
                  </option>
                ))}
              </select>
            </label>{' '}
            or click the curve.
          </p>
          <Table<{ time: number; utilization: number }>
            label="windows"
            rows={shown.worst}
            keyOf={(row) => row.time}
            columns={[
              { label: 'from', value: (row) => row.time, cell: (row) => <a href={placeHref(row.time - zero, row.time - zero + shown.window)} title="show it in the timeline">{exact(row.time - zero)}</a> },
              { label: 'to', value: (row) => row.time, cell: (row) => exact(row.time - zero + shown.window) },
              { label: 'the program had', value: (row) => row.utilization, cell: (row) => percent(row.utilization), figure: true },
            ]}
          />
        </>
      )}
    </>
  );
}

/** A window of about 10 ms, or the nearest there is. */
function middle(windows: Mmu['windows']): number {
  const at = windows.findIndex((one) => one.window >= 10_000_000);
  return at < 0 ? windows.length - 1 : at;
}
