/** A column's lineage in words. */

import { quoted } from './address.js';
import { h } from './dom.js';
import { INFLUENCE, UNKNOWN, VALUE } from './lineage.js';
import { link } from './link.js';
import { count } from './words.js';

const MOST_LINES = 60;
const MOST_NAMED = 4;
/** Further back the ways are indented no more: names need the room. */
const DEEPEST = 5;

const ROLES = {
  'decided-by': INFLUENCE,
  decides: INFLUENCE,
  'may-read': UNKNOWN,
  'may-reach': UNKNOWN,
};

/** Paragraphs and lists that say where a column comes from and what becomes of it. */
export function columnWords(lineage, { node, column }) {
  const { start, upstream, downstream } = lineage.trace(node, column);
  const found = (direction, role) => reached(lineage, start, direction, role);
  const before = valueSteps(upstream);
  return [
    h(
      'p',
      { class: 'summary-words' },
      sentence(
        lineage,
        start,
        before,
        found(upstream, INFLUENCE).length,
        found(downstream, VALUE).length,
      ),
    ),
    before.size
      ? h(
          'div',
          { class: 'computed', 'data-lit': VALUE },
          h('h4', null, 'Computed from'),
          tree(start, before),
        )
      : null,
    named(
      lineage,
      'decided-by',
      'Decided by',
      'which rows exist, or which value is taken',
      found(upstream, INFLUENCE),
    ),
    named(
      lineage,
      'may-read',
      'May read',
      'a node on the way reads everything of its inputs',
      found(upstream, UNKNOWN),
    ),
    named(lineage, 'goes-into', 'Goes into', null, found(downstream, VALUE)),
    named(
      lineage,
      'decides',
      'Decides',
      'their rows or values depend on it',
      found(downstream, INFLUENCE),
    ),
    named(
      lineage,
      'may-reach',
      'May reach',
      'a node on the way reads everything of its inputs',
      found(downstream, UNKNOWN),
    ),
  ];
}

/** By the key of a column, the columns that it is computed from. */
function valueSteps({ steps }) {
  return Map.groupBy(
    steps.filter((step) => step.role === VALUE),
    ({ near }) => near.key,
  );
}

/** The whole in one or two sentences. */
function sentence(lineage, start, before, deciding, reaching) {
  const after = [
    deciding ? `${count(deciding, 'column')} ${deciding === 1 ? 'decides' : 'decide'} it` : null,
    reaching ? `it goes into ${count(reaching, 'column')}` : null,
  ]
    .filter(Boolean)
    .join('; ');
  return [
    origin(lineage, start, before),
    after ? ` ${after[0].toUpperCase()}${after.slice(1)}.` : null,
  ];
}

function origin(lineage, start, before) {
  const beginnings = before.size ? beginningsOf(before) : [];
  if (beginnings.length) {
    const more = beginnings.length - MOST_NAMED;
    const names = beginnings.slice(0, MOST_NAMED).map((one) => columnLink(one));
    return [
      `${start.column} is computed from `,
      listed(names),
      more > 0 ? ` and ${more} more` : null,
      '.',
    ];
  }
  const node = lineage.byId.get(start.id);
  if (!lineage.upstream.get(start.id).length) return `${start.column} begins here.`;
  if (node.lineage && !node.lineage.unknown)
    return `${start.column} is computed from no column: it is a constant or a count of rows.`;
  return `Where ${start.column} comes from is not known${node.lineage ? `: ${node.lineage.unknown}` : ''}.`;
}

/** The columns that the value comes from in the end. */
function beginningsOf(before) {
  const all = [...before.values()].flat().map(({ far }) => far);
  return [
    ...new Map(all.filter(({ key }) => !before.has(key)).map((one) => [one.key, one])).values(),
  ];
}

const listed = (items) =>
  items.flatMap((item, index) => [
    index === 0 ? null : index === items.length - 1 ? ' and ' : ', ',
    item,
  ]);

/** The ways back, one below another; a column is opened once, so that many ways stay readable. */
function tree(start, before) {
  let lines = 0;
  const opened = new Set();
  const branch = (key, depth) => {
    if (opened.has(key) || !before.has(key)) return null;
    opened.add(key);
    const items = before.get(key).map(({ far }) => {
      lines += 1;
      if (lines > MOST_LINES) return null;
      return h(
        'li',
        null,
        h('span', { class: 'from', 'aria-label': 'from' }, '← '),
        columnLink(far),
        branch(far.key, depth + 1),
      );
    });
    return h('ul', { class: depth > DEEPEST ? 'paths level' : 'paths' }, items);
  };
  const whole = branch(start.key, 0);
  return [
    whole,
    lines > MOST_LINES ? h('p', { class: 'muted' }, `and ${lines - MOST_LINES} more`) : null,
  ];
}

const columnLink = ({ id, column }) => link(id, column, `${id}.${quoted(column)}`);

function reached(lineage, start, { roles, vertices }, role) {
  return [...vertices.values()].filter(
    ({ key, id, column }) =>
      key !== start.key && column !== null && roles.get(key) === role && lineage.byId.has(id),
  );
}

/** Node by node, the columns that were found; all of a node's columns are not named one by one. */
function named(lineage, name, title, why, found) {
  if (!found.length) return null;
  const groups = [...Map.groupBy(found, ({ id }) => id)];
  const shown = groups.slice(0, MOST_LINES);
  return h(
    'div',
    { class: name, 'data-lit': ROLES[name] ?? VALUE },
    h('h4', null, title, why ? h('span', { class: 'muted' }, ` ${why}`) : null),
    h(
      'ul',
      { class: 'groups' },
      shown.map(([id, columns]) =>
        h('li', null, link(id), h('span', { class: 'group' }, columnNames(lineage, id, columns))),
      ),
    ),
    groups.length > shown.length
      ? h('p', { class: 'muted' }, `and ${count(groups.length - shown.length, 'more node')}`)
      : null,
  );
}

function columnNames(lineage, id, columns) {
  const all = lineage.columnsOf(id).length;
  if (all > 3 && columns.length === all) return h('span', { class: 'muted' }, `all ${all} columns`);
  return columns.flatMap(({ column }, index) => [
    index ? ', ' : null,
    link(id, column, quoted(column)),
  ]);
}
