// Numbers other than times, for people.

/** A count with commas: "12,345". */
export function count(n: number | null | undefined): string {
  if (n === null || n === undefined) return '–';
  return Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A size: "13.5 MiB". */
export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return '–';
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = n;
  let i = 0;
  while (Math.abs(value) >= 1024 && i < names.length - 1) {
    value /= 1024;
    i++;
  }
  return `${i === 0 ? Math.round(value) : value.toPrecision(value >= 1000 ? 4 : 3)} ${names[i]}`;
}

/** A share from 0 to 1 as "12.3%". */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return '–';
  const value = share * 100;
  if (value === 0 || value === 100) return `${value}%`;
  return `${value.toFixed(Math.abs(value) < 10 ? 2 : 1)}%`;
}

export function plural(n: number, one: string, many = one + 's'): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
