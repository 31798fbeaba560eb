// The chain of wakings around a span: who woke who woke it, and whom it and those woke.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { getJson, isAbort, messageOf } from '../api/client';
import type { Chain, ChainStep, Span } from '../api/types';
import { exact } from '../lib/time';
import { walk } from '../lib/tree';
import { route, setParams } from '../state/route';
import { goTo } from './details';

/** So many goroutines are pinned at once. */
const MOST_PINNED = 12;

/** A span's moment in the chain: where it was woken, or else where it begins. */
function momentOf(span: Span): number {
  return span.state === 'waiting' && span.ended ? span.end : span.start;
}

export function ChainOf({ span }: { span: Span }): JSX.Element | null {
  const [shown, setShown] = useState(false);
  const [chain, setChain] = useState<Chain | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [goroutine, at] = [span.goroutine, momentOf(span)];
  useEffect(() => {
    setChain(null);
    setError(null);
    if (!shown || goroutine === null) return;
    const abort = new AbortController();
    getJson<Chain>('chain', { goroutine, at }, abort.signal).then(setChain, (problem: unknown) => {
      if (!isAbort(problem)) setError(messageOf(problem));
    });
    return () => abort.abort();
  }, [shown, goroutine, at]);
  return (
    <section class="chain" aria-label="chain of wakings">
      <h4>
        Chain of wakings{' '}
        <button type="button" class="link" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {shown ? 'hide' : 'show'}
        </button>
      </h4>
      {error && <p class="problem">{error}</p>}
      {shown && !chain && !error && <p class="faint">looking…</p>}
      {shown && chain && <Steps chain={chain} at={at} />}
    </section>
  );
}

function Steps({ chain, at }: { chain: Chain; at: number }): JSX.Element {
  const back = [...chain.back].reverse();
  const pin = (): void => {
    const now = (route.get().params['pin'] ?? '').split(',').filter(Boolean);
    const near = [chain.goroutine, ...chain.back.map((step) => step.goroutine), ...chain.forth.map((step) => step.goroutine)];
    const all = new Set([...now, ...near.filter((id) => id !== null).map(String)]);
    setParams({ pin: [...all].slice(0, MOST_PINNED).join() });
  };
  return (
    <>
      {chain.back.length === 0 && <p class="faint">Who woke it is not in the trace.</p>}
      <ol>
        {back.map((step, i) => (
          <li key={i}>
            <Goroutine id={step.goroutine} name={step.function} time={step.time} /> {step.created ? 'created' : 'woke'}
            <Why step={step} />
          </li>
        ))}
        <li aria-current="step">
          <b>
            <Goroutine id={chain.goroutine} name={chain.function} time={at} />
          </b>
          {chain.forth.length > 0 && ', and then'}
        </li>
        {walk(chain.forth.map((step) => step.parent)).map(([i, depth]) => {
          const step = chain.forth[i] as ChainStep;
          return (
            <li key={`forth ${i}`} style={{ paddingLeft: `${depth * 14}px` }}>
              {step.created ? 'created' : 'woke'} <Goroutine id={step.goroutine} name={step.function} time={step.time} />
              <Why step={step} />
              {step.more > 0 && <span class="faint"> · which woke {step.more} more</span>}
            </li>
          );
        })}
      </ol>
      {chain.more && <p class="faint">and so on: there are more.</p>}
      <p class="buttons">
        <button type="button" onClick={pin}>
          Pin these goroutines
        </button>
      </p>
    </>
  );
}

function Why({ step }: { step: ChainStep }): JSX.Element {
  return (
    <span class="faint">
      {step.reason && ` (${step.reason})`} at {exact(step.time)}
    </span>
  );
}

function Goroutine({ id, name, time }: { id: number | null; name: string | null; time: number }): JSX.Element {
  if (id === null) return <>the scheduler (network, timer)</>;
  return (
    <button type="button" class="link" onClick={() => goTo(id, time)}>
      {`G${id}${name ? ' ' + name : ''}`}
    </button>
  );
}
