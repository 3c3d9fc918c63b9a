/** A column's lineage in words. */

import { quoted } from './address.js';
import { h } from './dom.js';
import { INFLUENCE, UNKNOWN, VALUE } from './lineage.js';
import { link } from './link.js';

const MOST_PATHS = 12;
const MOST_NAMES = 40;

/** Paragraphs and lists that say where a column comes from and what becomes of it. */
export function columnWords(lineage, { node, column }) {
  const { start, upstream, downstream } = lineage.trace(node, column);
  return [
    computed(lineage, start, upstream),
    named('decided-by', 'Decided by', 'which rows exist, or which value is taken', reached(lineage, start, upstream, INFLUENCE)),
    named('may-read', 'May read', 'a node on the way reads everything of its inputs', reached(lineage, start, upstream, UNKNOWN)),
    named('goes-into', 'Goes into', null, reached(lineage, start, downstream, VALUE)),
    named('decides', 'Decides', 'their rows or values depend on it', whole(lineage, reached(lineage, start, downstream, INFLUENCE))),
    named('may-reach', 'May reach', 'a node on the way reads everything of its inputs', whole(lineage, reached(lineage, start, downstream, UNKNOWN))),
  ];
}

function computed(lineage, start, { steps }) {
  const paths = valuePaths(start, steps.filter((step) => step.role === VALUE));
  if (!paths.length) return h('p', { class: 'origin' }, origin(lineage, start));
  const shown = paths.slice(0, MOST_PATHS);
  return h(
    'div',
    { class: 'computed', 'data-lit': VALUE },
    h('h4', null, 'Computed from'),
    h('ol', { class: 'paths' }, shown.map((path) => h('li', null, steppingStones(path)))),
    paths.length > shown.length ? h('p', { class: 'muted' }, `and ${paths.length - shown.length} more ways`) : null,
  );
}

/** What can be said of a column with no column before it. */
function origin(lineage, { id, column }) {
  const node = lineage.byId.get(id);
  if (node.lineage?.unknown) return `Where ${column} comes from is not known: ${node.lineage.unknown}.`;
  return lineage.upstream.get(id).length ? `${column} is computed from no column: a constant, or a count of rows.` : `${column} begins here.`;
}

/** Each way from the column back to a beginning, at most a few more than are shown. */
function valuePaths(start, steps) {
  const before = new Map();
  for (const { near, far } of steps) before.set(near.key, [...(before.get(near.key) ?? []), far]);
  const paths = [];
  const walk = (path, seen) => {
    if (paths.length > 10 * MOST_PATHS) return;
    const next = (before.get(path.at(-1).key) ?? []).filter((one) => !seen.has(one.key));
    if (!next.length && path.length > 1) paths.push(path);
    for (const one of next) walk([...path, one], new Set([...seen, one.key]));
  };
  walk([start], new Set([start.key]));
  return paths;
}

const steppingStones = (path) =>
  path.slice(1).map((one, index) => [index ? h('span', { class: 'from', 'aria-label': 'from' }, ' ← ') : null, columnLink(one)]);

const columnLink = ({ id, column }) => link(id, column, column === null ? id : `${id}.${quoted(column)}`);

function reached(lineage, start, { roles, vertices }, role) {
  return [...vertices.values()].filter(
    ({ key, id, column }) => key !== start.key && column !== null && roles.get(key) === role && lineage.byId.has(id),
  );
}

/** Nodes in the place of their columns when every column is meant. */
function whole(lineage, columns) {
  const byNode = Map.groupBy(columns, ({ id }) => id);
  return [...byNode].flatMap(([id, found]) => {
    const all = lineage.columnsOf(id).length;
    return all > 1 && found.length === all ? [{ id, column: null }] : found;
  });
}

function named(name, title, why, found) {
  if (!found.length) return null;
  const role = { 'decided-by': INFLUENCE, decides: INFLUENCE, 'may-read': UNKNOWN, 'may-reach': UNKNOWN }[name] ?? VALUE;
  const shown = found.slice(0, MOST_NAMES);
  return h(
    'div',
    { class: name, 'data-lit': role },
    h('h4', null, title, why ? h('span', { class: 'muted' }, ` ${why}`) : null),
    h('ul', { class: 'links' }, shown.map((one) => h('li', null, columnLink(one)))),
    found.length > shown.length ? h('p', { class: 'muted' }, `and ${found.length - shown.length} more`) : null,
  );
}
