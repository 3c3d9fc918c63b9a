/** Numbers, times and counts as people read them. */

const numbers = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const times = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const number = (value) => numbers.format(value);

export const count = (value, word) => `${number(value)} ${value === 1 ? word : plural(word)}`;

/** What those are called that have no `word`, told from one that is called just so. */
export function noneOf(word, names) {
  const label = `no ${word}`;
  return names.has(label) ? `${label} at all` : label;
}

const plural = (word) => (/[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`);

export const shortCount = (value, word) =>
  `${value < 10000 ? number(value) : short.format(value)} ${word}${value === 1 ? '' : 's'}`;

export function time(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : times.format(date);
}

/** How long ago, in the largest unit that fits; `now` in milliseconds. */
export function ago(text, now) {
  const seconds = (now - new Date(text).getTime()) / 1000;
  if (!(seconds >= 0)) return time(text);
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ['second', 1];
  return unit === 'second' ? 'just now' : `${count(Math.floor(seconds / size), unit)} ago`;
}

const UNITS = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
];

export function seconds(value) {
  if (value < 0.01) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${value.toFixed(value < 10 ? 2 : 1)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

export const isKnown = (value) => value !== null && value !== undefined;

/** A part of a whole, never rounded to none or to all of it. */
export function share(part, whole) {
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  if (percent < 100 && percent > 99.9) return '> 99.9 %';
  return `${Number.isInteger(percent) ? percent : percent.toFixed(1)} %`;
}

export function size(bytes) {
  const step = Math.min(4, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const value = bytes / 1024 ** step;
  return `${value.toFixed(step && value < 100 ? 1 : 0)} ${['B', 'KB', 'MB', 'GB', 'TB'][step]}`;
}
