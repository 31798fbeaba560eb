// Tasks and regions as bars with names, on lanes of their own: they come from the reports.
import { getJson } from '../api/client';
import type { RegionsEach, TasksEach } from '../api/reports';

export interface Bar {
  start: number;
  end: number;
  name: string;
  /** The goroutine of a region; null of a task. */
  goroutine: number | null;
  task: number | null;
  /** Whether its begin and end are in the trace. */
  whole: boolean;
}

/** The longest so many are shown. */
const MOST = 2000;

/** Puts bars on as few lanes as hold them without overlap; earlier ones first, then longer ones. */
export function pack(bars: Bar[]): Bar[][] {
  const sorted = [...bars].sort((a, b) => a.start - b.start || b.end - a.end);
  const lanes: Bar[][] = [];
  const ends: number[] = [];
  for (const bar of sorted) {
    let at = ends.findIndex((end) => end <= bar.start);
    if (at < 0) at = lanes.push([]) - 1;
    (lanes[at] as Bar[]).push(bar);
    ends[at] = Math.max(bar.end, bar.start + 1);
  }
  return lanes;
}

export async function taskBars(clock: number, span: number): Promise<Bar[]> {
  const report = await getJson<TasksEach>('report/tasks', { each: true, top: MOST });
  return report.tasks
    .filter((task) => task.id !== 0)
    .map((task) => ({
      start: task.start === null ? 0 : task.start - clock,
      end: task.end === null ? span : task.end - clock,
      name: task.name || `task ${task.id} (no type)`,
      goroutine: null,
      task: task.id,
      whole: task.complete,
    }));
}

export async function regionBars(goroutine: number, clock: number, span: number): Promise<Bar[]> {
  const report = await getJson<RegionsEach>('report/regions', { each: true, goroutine, top: MOST });
  return report.regions.map((region) => ({
    start: region.start === null ? 0 : region.start - clock,
    end: region.end === null ? span : region.end - clock,
    name: region.name || '(no type)',
    goroutine,
    task: region.task,
    whole: region.complete,
  }));
}
