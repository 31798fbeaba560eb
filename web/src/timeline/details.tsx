// The panel below the lanes: all that is known of the span, task or region that was clicked.
import type { JSX } from 'preact';
import type { Span, Waker } from '../api/types';
import { useStore } from '../lib/store';
import { exact, short } from '../lib/time';
import { StackView } from '../parts/stack';
import { href } from '../state/route';
import type { Bar } from './bars';
import { ChainOf } from './chain';
import { detail, view } from './model';
import { selectNothing, selectSpan } from './select';

/** Goes to a goroutine's span at a moment, and brings it into view. */
export function goTo(goroutine: number, time: number): void {
  void selectSpan(`goroutine:${goroutine}`, time);
  if (time < view.from || time > view.to) {
    const half = (view.to - view.from) / 2;
    view.show(time - half, time + half);
  }
}

export function Details(): JSX.Element | null {
  const shown = useStore(detail);
  if (!shown) return null;
  return (
    <aside class="details" aria-label="details" aria-live="polite">
      <button type="button" class="close" aria-label="close the details" onClick={selectNothing}>
        ×
      </button>
      {shown.error && <p class="problem">{shown.error}</p>}
      {shown.span && <SpanDetails span={shown.span} />}
      {shown.bar && <BarDetails bar={shown.bar} />}
    </aside>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function GoroutineLink({ id, name }: { id: number; name: string | null }): JSX.Element {
  return <a href={href('goroutine', { g: id })}>{`G${id}${name ? ' ' + name : ''}`}</a>;
}

function SpanDetails({ span }: { span: Span }): JSX.Element {
  const g = span.goroutine;
  const duration = span.end - span.start;
  return (
    <div class="detail-columns">
      <section>
        <h3>
          <span class={`state ${span.state}`}>{span.state}</span>
          {span.reason ? ` (${span.reason})` : ''} for {short(duration)}
        </h3>
        <dl class="facts">
          {g !== null && (
            <Fact name="goroutine">
              <GoroutineLink id={g} name={span.function} />
            </Fact>
          )}
          <Fact name="from">
            {exact(span.start)}
            {!span.began && <em> or earlier: it began before the trace</em>}
          </Fact>
          <Fact name="to">
            {exact(span.end)}
            {!span.ended && <em> or later: it goes on after the trace</em>}
          </Fact>
          <Fact name="duration">
            {exact(duration)} <span class="faint">({Math.round(duration).toString()} ns)</span>
          </Fact>
          {(span.proc !== null || span.thread !== null) && (
            <Fact name="on">{[span.proc !== null ? `P ${span.proc}` : '', span.thread !== null ? `M ${span.thread}` : ''].filter(Boolean).join(', ')}</Fact>
          )}
        </dl>
        <p class="buttons">
          <button type="button" onClick={() => view.focus(span.start, span.end)}>
            Zoom to it
          </button>
          {g !== null && (
            <button type="button" disabled={!span.previous} onClick={() => span.previous && goTo(g, span.previous.start)}>
              ← {span.previous?.state ?? 'first'}
            </button>
          )}
          {g !== null && (
            <button type="button" disabled={!span.next} onClick={() => span.next && goTo(g, span.next.start)}>
              {span.next?.state ?? 'last'} →
            </button>
          )}
        </p>
      </section>
      <section>
        <h4>Wakings</h4>
        <Wakings span={span} />
        {g !== null && <ChainOf span={span} />}
      </section>
      <section>
        <h4>Stack at its start</h4>
        <StackView stack={span.stack} />
      </section>
      <section>
        <h4>Stack at its end</h4>
        <StackView stack={span.endStack} />
      </section>
    </div>
  );
}

function Wakings({ span }: { span: Span }): JSX.Element {
  const by = span.unblockedBy;
  if (!by && span.unblocked.length === 0) return <p class="faint">Nobody was woken here, and nobody woke it.</p>;
  return (
    <>
      {by && (
        <>
          <p>
            woken by <WakerLink waker={by} />
          </p>
          {by.stack && by.stack.length > 0 && <StackView stack={by.stack} />}
        </>
      )}
      {span.unblocked.length > 0 && (
        <>
          <p>it woke</p>
          <ul class="plain">
            {span.unblocked.slice(0, 20).map((woken) => (
              <li key={`${woken.goroutine} ${woken.time}`}>
                <WakerLink waker={woken} />
              </li>
            ))}
          </ul>
          {span.unblocked.length > 20 && <p class="faint">and {span.unblocked.length - 20} more</p>}
        </>
      )}
    </>
  );
}

function WakerLink({ waker }: { waker: Waker }): JSX.Element {
  return (
    <>
      <button type="button" class="link" onClick={() => goTo(waker.goroutine, waker.time)}>
        {`G${waker.goroutine}${waker.function ? ' ' + waker.function : ''}`}
      </button>{' '}
      <span class="faint">at {exact(waker.time)}</span>
    </>
  );
}

function BarDetails({ bar }: { bar: Bar }): JSX.Element {
  return (
    <div class="detail-columns">
      <section>
        <h3>
          {bar.goroutine === null ? 'task' : 'region'} {bar.name}
        </h3>
        <dl class="facts">
          <Fact name="from">{exact(bar.start)}</Fact>
          <Fact name="to">{exact(bar.end)}</Fact>
          <Fact name="duration">{exact(bar.end - bar.start)}</Fact>
          {!bar.whole && <Fact name="note">not all of it is in the trace</Fact>}
          {bar.goroutine !== null && (
            <Fact name="goroutine">
              <GoroutineLink id={bar.goroutine} name={null} />
            </Fact>
          )}
          {bar.task !== null && bar.task !== 0 && (
            <Fact name="task">
              <a href={href('task', { id: bar.task })}>task {bar.task}</a>
            </Fact>
          )}
        </dl>
        <p class="buttons">
          <button type="button" onClick={() => view.focus(bar.start, bar.end)}>
            Zoom to it
          </button>
        </p>
      </section>
    </div>
  );
}
