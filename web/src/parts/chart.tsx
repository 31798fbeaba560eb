// Line charts, by uPlot.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useStore } from '../lib/store';
import { palette } from '../state/theme';

export interface Series {
  label: string;
  values: readonly (number | null)[];
  color: string;
  /** Whether the area below is filled. */
  fill?: boolean;
  stepped?: boolean;
}

export interface ChartProps {
  label: string;
  x: readonly number[];
  series: readonly Series[];
  height?: number;
  xLabel?: string;
  /** Text of values of the axes. */
  xText(value: number): string;
  yText(value: number): string;
  logX?: boolean;
  yRange?: [number, number];
  /** Whether values are bytes, whose axis has steps of powers of two. */
  yBytes?: boolean;
  /** Called with the index of the nearest point when the chart is clicked. */
  onPick?(index: number): void;
}

const POWERS = Array.from({ length: 45 }, (_, i) => 2 ** i);

export function Chart(props: ChartProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const colors = useStore(palette);
  const pick = useRef(props.onPick);
  pick.current = props.onPick;
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const axis = { stroke: colors.faint, grid: { stroke: colors.grid, width: 1 }, ticks: { stroke: colors.grid, width: 1 } };
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const chart = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: props.height ?? 200,
        scales: { x: { time: false, distr: props.logX ? 3 : 1 }, y: props.yRange ? { range: props.yRange } : {} },
        legend: { live: true },
        cursor: { drag: { x: false, y: false } },
        axes: [
          { ...axis, values: (_, values) => values.map((value) => (value === null ? '' : props.xText(value))) },
          { ...axis, size: 70, ...(props.yBytes ? { incrs: POWERS } : {}), values: (_, values) => values.map((value) => (value === null ? '' : props.yText(value))) },
        ],
        series: [
          { label: props.xLabel ?? 'at', value: (_, value) => (value === null ? '–' : props.xText(value)) },
          ...props.series.map((one) => ({
            label: one.label,
            stroke: one.color,
            width: 1.5,
            points: { show: false },
            ...(one.fill ? { fill: one.color + '33' } : {}),
            ...(one.stepped && stepped ? { paths: stepped } : {}),
            value: (_: uPlot, value: number | null) => (value === null ? '–' : props.yText(value)),
          })),
        ],
      },
      [[...props.x], ...props.series.map((one) => [...one.values])] as uPlot.AlignedData,
      element,
    );
    chart.over.addEventListener('click', () => {
      const index = chart.cursor.idx;
      if (index !== null && index !== undefined) pick.current?.(index);
    });
    const size = new ResizeObserver(() => chart.setSize({ width: Math.max(200, element.clientWidth), height: props.height ?? 200 }));
    size.observe(element);
    return () => {
      size.disconnect();
      chart.destroy();
    };
  }, [props.x, props.series, colors]);
  return <div class={`chart${props.onPick ? ' pick' : ''}`} ref={host} role="img" aria-label={props.label} />;
}
