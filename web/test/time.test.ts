import { describe, expect, test } from 'vitest';
import { exact, parseTime, short, tickStep, ticks } from '../src/lib/time';

describe('short', () => {
  test.each([
    [0, '0'],
    [1, '1 ns'],
    [999, '999 ns'],
    [1000, '1 µs'],
    [1234567, '1.235 ms'],
    [999_960, '1 ms'],
    [999_949, '999.9 µs'],
    [61_000_000_000, '61 s'],
    [12_345_678_000_000, '12346 s'],
    [-1500, '-1.5 µs'],
  ])('%d is %s', (ns, text) => expect(short(ns)).toBe(text));
  test('nothing', () => expect(short(null)).toBe('–'));
});

describe('exact', () => {
  test.each([
    [0, '0 ns'],
    [1234567, '1.234567 ms'],
    [1_000_000_001, '1.000000001 s'],
    [26222302577536, '26222.302577536 s'],
    [1500, '1.5 µs'],
    [-250, '-250 ns'],
    [-1500, '-1.5 µs'],
  ])('%d is %s', (ns, text) => expect(exact(ns)).toBe(text));
});

describe('ticks', () => {
  test('steps are 1, 2 or 5 times a power of ten', () => {
    expect(tickStep(1000, 10)).toBe(100);
    expect(tickStep(1001, 10)).toBe(200);
    expect(tickStep(3, 10)).toBe(1);
  });
  test('labels differ at any zoom and place', () => {
    for (let span = 5; span < 1e13; span *= 3.7) {
      for (const from of [0, 7, 1e3 + 1, 123_456_789, 3_599_999_999_983, 1e13]) {
        const found = ticks(from, from + span, 10);
        const labels = found.at.map((tick) => tick.label);
        expect(new Set(labels).size, `${from} ${span} ${labels}`).toBe(labels.length);
        expect(Math.max(0, ...labels.map((label) => label.length)), labels.join()).toBeLessThan(14);
        for (const tick of found.at) {
          expect(tick.time).toBeGreaterThanOrEqual(from);
          expect(tick.time).toBeLessThanOrEqual(from + span);
        }
      }
    }
  });
  test('labels count from the base', () => {
    const found = ticks(1_234_567_000, 1_234_567_100, 10);
    expect(found.base).toBe('1.23456 s');
    expect(found.at[0]?.label).toBe('+7.00 µs');
  });
});

test('parseTime', () => {
  expect(parseTime('1.5ms')).toBe(1.5e6);
  expect(parseTime(' 20 us')).toBe(20_000);
  expect(parseTime('17')).toBe(17);
  expect(parseTime('x')).toBeNull();
});
