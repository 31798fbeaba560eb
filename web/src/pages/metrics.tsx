// The trace's figures under the names of runtime/metrics, and of Prometheus's Go collector.
import type { JSX } from 'preact';
import { Histogram } from '../parts/histogram';
import { Report, type Window } from '../parts/report';
import { Table, type Column } from '../parts/table';

interface Metric {
  approximation: string | null;
  help: string;
  unit?: string;
  value: unknown;
}

interface Metrics {
  metrics: Record<string, Metric>;
  untold: Record<string, string>;
  go_collector: { metrics: Record<string, Metric>; untold: Record<string, string> };
}

type Row = [name: string, metric: Metric];

const columns: Column<Row>[] = [
  { label: 'name', value: ([name]) => name },
  { label: 'value', value: ([, metric]) => (typeof metric.value === 'number' ? metric.value : null), cell: ([name, metric]) => <Value name={name} value={metric.value} />, figure: true },
  { label: 'what it is', value: ([, metric]) => metric.help, cell: ([, metric]) => <>{metric.help} {metric.approximation && <span class="faint">Here: {metric.approximation}.</span>}</> },
];

export function MetricsBody({ win }: { win: Window | null }): JSX.Element {
  return (
    <Report<Metrics> name="metrics" win={win}>
      {(data) => (
        <>
          <h2>runtime/metrics</h2>
          <Table<Row> label="metrics" rows={Object.entries(data.metrics)} columns={columns} keyOf={([name]) => name} />
          <Untold untold={data.untold} />
          <h2>Prometheus’s Go collector</h2>
          <Table<Row> label="metrics" rows={Object.entries(data.go_collector.metrics)} columns={columns} keyOf={([name]) => name} />
          <Untold untold={data.go_collector.untold} />
        </>
      )}
    </Report>
  );
}

function Untold({ untold }: { untold: Record<string, string> }): JSX.Element {
  return (
    <details>
      <summary>What a trace does not tell</summary>
      <ul>
        {Object.entries(untold).map(([name, why]) => (
          <li key={name}>
            {name} <span class="faint">{why}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Value({ name, value }: { name: string; value: unknown }): JSX.Element {
  if (typeof value === 'number') return <>{value.toLocaleString('en', { maximumFractionDigits: 9 })}</>;
  if (!value || typeof value !== 'object') return <>{value === null ? '–' : String(value)}</>;
  if ('buckets' in value && Array.isArray(value.buckets)) {
    const buckets = value.buckets as { count: number; from: number | null; to: number | null }[];
    return <Histogram label={name} bins={buckets.map(({ count, from, to }) => ({ count, from: (from ?? 0) * 1e9, to: to === null ? null : to * 1e9 }))} />;
  }
  if ('count' in value) return <>{String(value.count)} values</>;
  return <>{Object.values(value).map(String).join(' ')}</>;
}
