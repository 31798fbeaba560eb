import { expect, test } from 'vitest';
import { words } from '../src/pages/path';

test('what a path went to is said as the command says it', () => {
  const none = { function: null, place: null, reason: null, is_guess: null };
  const cases: [Parameters<typeof words>[0], string][] = [
    [{ ...none, step: 'running', function: 'main.f', place: 'main.g' }, 'main.f running, until main.g'],
    [{ ...none, step: 'running', function: 'main.f', place: 'main.f' }, 'main.f running'],
    [{ ...none, step: 'runnable' }, '(unknown function) waiting for a P'],
    [{ ...none, step: 'waiting', reason: 'network', place: 'net.Read' }, 'waiting (network) in net.Read'],
    [{ ...none, step: 'woken', reason: 'select', place: 'main.f', function: 'main.g', is_guess: true }, 'waiting (select) in main.f, woken by main.g?'],
    [{ ...none, step: 'stop_the_world', reason: 'GC mark termination' }, 'the world stopped (GC mark termination)'],
    [{ ...none, step: 'syscall', place: 'os.Open' }, 'in a system call in os.Open'],
    [{ ...none, step: 'created', function: 'main.main' }, 'yet to be created by main.main'],
    [{ ...none, step: 'unknown' }, 'nothing is known'],
  ];
  for (const [part, want] of cases) expect(words(part)).toBe(want);
});
