import { expect, test } from 'vitest';
import { formatHash, formatWindow, parseHash, parseWindow } from '../src/state/route';

test('the address that the command prints', () => {
  expect(parseHash('#token=ab12')).toEqual({ token: 'ab12', page: 'overview', params: {} });
  expect(parseHash('')).toEqual({ token: '', page: 'overview', params: {} });
});

test('an address opens the same view again', () => {
  const address = { token: 'ab12', page: 'timeline', params: { from: '1.5', open: 'f3,f4', q: 'a&b=ü/#?' } };
  expect(parseHash(formatHash(address))).toEqual(address);
  expect(formatHash(address)).toContain('open=f3,f4');
});

test('an address without a token', () => {
  expect(parseHash('#/timeline?g=7')).toEqual({ token: '', page: 'timeline', params: { g: '7' } });
});

test('windows', () => {
  expect(parseWindow('10-20')).toEqual([10, 20]);
  expect(parseWindow('20-10')).toBeNull();
  expect(parseWindow('x')).toBeNull();
  expect(parseWindow(undefined)).toBeNull();
  expect(formatWindow(10.2, 10.3)).toBe('10-11');
});
