/** What each kind of node is called and drawn as. Colours stand in style.css by the same names. */

/** Outlines in a square of 16. */
const GLYPHS = {
  source: 'M2.5 4c0-3 11-3 11 0s-11 3-11 0v8c0 3 11 3 11 0V4M2.5 8c0 3 11 3 11 0',
  transform: 'M2 5h9M8.5 2.5 11.5 5 8.5 7.5M14 11H5M7.5 8.5 4.5 11l3 2.5',
  feature_group: 'M2.5 2.5h4.5v4.5h-4.5zM9.5 2.5H13.5v4.5H9.5zM2.5 9.5h4.5v4h-4.5zM9.5 9.5h4v4h-4z',
  aggregation: 'M12.5 4V2.5h-9L8.5 8l-5 5.5h9V12',
  second_order_aggregation:
    'M8.5 4V2.5h-6L5.5 8l-3 5.5h6V12M13.5 4V2.5h-2M11 8l-1.5 0M13.5 12v1.5h-2',
  exposure: 'M6.5 3h-4v10.5h10.5v-4M9 2.5h4.5V7M13.5 2.5 7 9',
  rule: 'M8 1.5 13.5 4v4c0 3.5-2.5 5.5-5.5 6.5C5 13.5 2.5 11.5 2.5 8V4zM5.5 8l2 2 3.5-4',
  profile: 'M2.5 13.5V9M6.2 13.5V3M9.8 13.5V6.5M13.5 13.5v-3',
  semantic_model: 'M8 1.5 13.7 4.7v6.6L8 14.5 2.3 11.3V4.7zM2.3 4.7 8 8l5.7-3.3M8 8v6.5',
  time_spine: 'M2.5 3.5h11v10h-11zM2.5 7h11M5.5 2v3M10.5 2v3',
  metric: 'M2 11.5a6 6 0 1 1 12 0M8 11.5l3-4',
  saved_query: 'M4 2h8v12l-4-3.5L4 14z',
};

const ORDER = Object.keys(GLYPHS);

/** The kind's name as the colours know it: `semantic model` and `semantic_model` are one. */
export const kindKey = (kind) => kind.toLowerCase().replace(/[\s-]+/g, '_');

export const kindLabel = (kind) => kind.replaceAll('_', ' ');

const LANGUAGES = { python: 'Python', yaml: 'YAML', sql: 'SQL', csv: 'CSV' };

export const languageLabel = (language) => LANGUAGES[language] ?? language;

export const glyph = (kind) => GLYPHS[kindKey(kind)] ?? 'M3 3h10v10H3z';

/** Kinds in the order in which data flows through them, unknown ones last. */
export const byFlow = (one, other) => place(one) - place(other) || one.localeCompare(other);

const place = (kind) => {
  const index = ORDER.indexOf(kindKey(kind));
  return index < 0 ? ORDER.length : index;
};

/** `success`, `failed`, `skipped`, `never` or `other`, for the colour and shape of a status. */
export function statusKey(status) {
  if (/^(success|ok|succeeded|reused|passed)/i.test(status)) return 'success';
  if (/^(fail|error)/i.test(status)) return 'failed';
  if (/^skip/i.test(status)) return 'skipped';
  return /^never/i.test(status) ? 'never' : 'other';
}
