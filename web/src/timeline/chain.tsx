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
    <div class="chain" role="group" aria-label="chain of wakings">
      <h4>
        Chain of wakings{' '}
        <button type="button" class="link" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {shown ? 'hide' : 'show'}
        </button>
      </h4>
      {error && <p class="problem">{error}</p>}
      {shown && !chain && !error && <p class="faint">looking…</p>}
      {shown && chain && <Steps chain={chain} at={at} />}
    </div>
  );
}

function Steps({ chain, at }: { chain: Chain; at: number }): JSX.Element {
  const { back, forth } = chain;
  const first = back.at(-1);
  const pin = (): void => {
    const now = (route.get().params['pin'] ?? '').split(',').filter(Boolean);
    const near = [chain.goroutine, ...back.map((step) => step.goroutine), ...forth.map((step) => step.goroutine)];
    const all = new Set([...now, ...near.filter((id) => id !== null).map(String)]);
    setParams({ pin: [...all].slice(0, MOST_PINNED).join() });
  };
  // Of a step back, the one before it in time is who was woken.
  const woken = back.map((step, i) => ({ step, who: back[i - 1] ?? { goroutine: chain.goroutine, function: chain.function } })).reverse();
  return (
    <>
      <ol>
        {first ? <li>{first.goroutine === null ? 'the scheduler (network, timer)' : <Goroutine who={first} time={first.time} />}</li> : <li class="faint">Who woke it is not in the trace.</li>}
        {woken.map(({ step, who }, i) => (
          <li key={i} aria-current={i === woken.length - 1 ? 'step' : undefined}>
            <Goroutine who={who} time={step.time} /> <Woken step={step} />
          </li>
        ))}
        {!first && (
          <li aria-current="step">
            <Goroutine who={chain} time={at} />
          </li>
        )}
        {walk(forth.map((step) => step.parent)).map(([i, depth]) => {
          const step = forth[i] as ChainStep;
          return (
            <li key={`forth ${i}`} style={{ paddingLeft: `${depth * 14}px` }}>
              <Goroutine who={step} time={step.time} /> <Woken step={step} />
              {step.more > 0 && <span class="faint">; it woke {step.more} more</span>}
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

/** When someone was woken, and for what it had waited. */
function Woken({ step }: { step: ChainStep }): JSX.Element {
  return (
    <span class="faint">
      {step.created ? 'created' : 'woken'} at {exact(step.time)}
      {step.reason && !step.created && ` (${step.reason})`}
    </span>
  );
}

function Goroutine({ who, time }: { who: Pick<ChainStep, 'goroutine' | 'function'>; time: number }): JSX.Element {
  const id = who.goroutine;
  if (id === null) return <>the scheduler</>;
  return (
    <button type="button" class="link" onClick={() => goTo(id, time)}>
      {`G${id}${who.function ? ' ' + who.function : ''}`}
    </button>
  );
}
