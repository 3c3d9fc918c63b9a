/** The columns of a node: what they are, what is in them, and where they come from. */

import { format } from '../address.js';
import { h, s } from '../dom.js';
import { columnWords } from '../path.js';
import { brief } from '../text.js';
import { isKnown, number, share } from '../words.js';
import { addressOf, prose } from './marks.js';

/** @param chosen the name of the column whose lineage is said in words, or null */
export function columnsTable(lineage, node, chosen) {
  const parts = PARTS.filter(({ isKnown }) => !isKnown || node.columns.some(isKnown));
  return h(
    'table',
    { class: 'columns-table', role: 'table' },
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        parts.map(({ title, name, numeric }) =>
          h('th', { scope: 'col', role: 'columnheader', class: numeric ? 'number' : name }, title),
        ),
      ),
    ),
    h(
      'tbody',
      { role: 'rowgroup' },
      node.columns.map((column) => [
        row(node, column, parts, column.name === chosen),
        column.name === chosen ? words(lineage, node, column, parts.length) : null,
      ]),
    ),
  );
}

function row(node, column, parts, chosen) {
  return h(
    'tr',
    { role: 'row', 'data-column': column.name, 'aria-current': chosen ? 'true' : null },
    parts.map(({ name, title, numeric, cell }) => {
      const content = cell(column, node, chosen);
      return h(
        name === 'name' ? 'th' : 'td',
        {
          scope: name === 'name' ? 'row' : null,
          role: name === 'name' ? 'rowheader' : 'cell',
          class: numeric ? `number ${name}` : name,
          'data-title': title,
          'data-empty': content === null,
        },
        content,
      );
    }),
  );
}

const PARTS = [
  { name: 'name', title: 'Column', cell: nameCell },
  { name: 'type', title: 'Type', isKnown: ({ type }) => type, cell: typeCell },
  {
    name: 'said',
    title: 'Description',
    isKnown: ({ description }) => description,
    cell: ({ description }) => (description ? prose(description) : null),
  },
  {
    name: 'nulls',
    title: 'Nulls',
    numeric: true,
    isKnown: ({ null_count: nulls }) => isKnown(nulls),
    cell: nullsCell,
  },
  {
    name: 'distinct',
    title: 'Distinct',
    numeric: true,
    isKnown: ({ approx_distinct: distinct }) => isKnown(distinct),
    cell: ({ approx_distinct: distinct }) =>
      isKnown(distinct) ? h('span', { title: 'about' }, number(distinct)) : null,
  },
  {
    name: 'range',
    title: 'Range',
    isKnown: ({ min, max }) => isKnown(min) || isKnown(max),
    cell: rangeCell,
  },
  { name: 'way', title: 'Lineage', cell: wayCell },
];

function nameCell(column, node, chosen) {
  return [
    h(
      'a',
      {
        class: 'column-open',
        href: addressOf(node.id, chosen ? null : column.name),
        'aria-expanded': String(chosen),
        title: chosen ? 'Hide where it comes from' : 'Show where it comes from',
      },
      brief(column.name),
    ),
    badges(node, column).map(([name, title]) =>
      h('span', { class: `badge badge-${name}`, title }, name),
    ),
  ];
}

function badges(node, { name, pii }) {
  return [
    node.keys?.includes(name) ? ['key', 'part of the key'] : null,
    node.time_column === name ? ['time', 'tells when a row holds'] : null,
    pii ? ['pii', 'personal data: no values are shown'] : null,
  ].filter(Boolean);
}

function typeCell({ type, nullable }) {
  if (!type) return null;
  return [
    h('code', null, type),
    nullable === false ? h('span', { class: 'never-null' }, 'not null') : null,
  ];
}

function nullsCell({ null_count: nulls }, { rows }) {
  if (!isKnown(nulls)) return null;
  if (nulls === 0) return h('span', { class: 'muted' }, '0');
  return [number(nulls), rows ? h('span', { class: 'share' }, share(nulls, rows)) : null];
}

function rangeCell({ min, max }) {
  if (!isKnown(min) && !isKnown(max)) return null;
  const ends = min === max ? [min] : [min ?? '', max ?? ''];
  return h(
    'span',
    { class: 'ends', title: ends.join(' – ') },
    ends.map((end, index) => [
      index ? h('span', { class: 'muted' }, ' – ') : null,
      h('span', { class: 'end' }, end),
    ]),
  );
}

function wayCell({ name }, node) {
  return h(
    'a',
    {
      class: 'way-link',
      href: `#${format({ node: node.id, column: name })}`,
      'aria-label': `Lineage of ${name} in the graph`,
      title: 'Its lineage in the graph',
    },
    s(
      'svg',
      { viewBox: '0 0 24 24', 'aria-hidden': 'true' },
      s('path', { d: 'M6 6c6 0 6 6 12 6M6 18c6 0 6-6 12-6' }),
      [
        [5, 6],
        [5, 18],
        [19, 12],
      ].map(([cx, cy]) => s('circle', { cx, cy, r: 2.6 })),
    ),
    h('span', null, 'lineage'),
  );
}

function words(lineage, node, column, width) {
  return h(
    'tr',
    { class: 'words', role: 'row' },
    h(
      'td',
      { colspan: width, role: 'cell' },
      h(
        'div',
        { class: 'trace' },
        h('h3', { class: 'unseen' }, `Lineage of ${column.name}`),
        columnWords(lineage, { node: node.id, column: column.name }),
        h(
          'p',
          null,
          h(
            'a',
            { class: 'button', href: `#${format({ node: node.id, column: column.name })}` },
            'Show in the graph',
          ),
        ),
      ),
    ),
  );
}
