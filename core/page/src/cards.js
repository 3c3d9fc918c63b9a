/** A node drawn as a card, closed or with its columns, and as a plate when seen from far away. */

import { s } from './dom.js';
import { glyph, kindKey, kindLabel, statusKey } from './kinds.js';
import { CARD } from './layout.js';
import { cut, fits } from './text.js';
import { shortCount } from './words.js';

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const MOST_ROWS = 60;
const LANGUAGES = { python: 'PY', yaml: 'YAML', sql: 'SQL' };

/** The names of the columns that a card shows: all when expanded, else those on the lit path. */
export function shownColumns(node, expanded, shown) {
  const names = node.columns.map((column) => column.name);
  if (expanded) return names.slice(0, MOST_ROWS);
  return shown ? names.filter((name) => shown.has(name)).slice(0, MOST_ROWS) : [];
}

export const growthOf = (rows) => (rows ? rows * CARD.row + 8 : 0);

/**
 * @param look {{top, left, rows: string[], expanded, role, columns: Map|undefined, selected, dimmed}}
 */
export function drawCard(node, look) {
  const height = CARD.height + growthOf(look.rows.length);
  const head = s(
    'g',
    pressed(node, look),
    s('title', null, node.id + (node.description ? `\n${node.description}` : '')),
    s('rect', { class: 'face', width: CARD.width, height, rx: 9 }),
    s('rect', { class: 'tile', x: 12, y: 14, width: 32, height: 32, rx: 7 }),
    s('path', { class: 'glyph', transform: 'translate(20 22)', d: glyph(node.kind) }),
    s(
      'text',
      { class: 'name', x: 54, y: 27 },
      cut(node.name, CARD.width - 54 - 30, `600 13px ${FONT}`),
    ),
    s('text', { class: 'about', x: 54, y: 45 }, about(node)),
    status(node),
    language(node),
  );
  const card = s('g', { ...common(node, look), class: 'card' }, head);
  if (node.columns.length) card.append(expander(node, look.expanded));
  if (look.rows.length) card.append(...rows(node, look, height));
  return card;
}

/** Far away only the kind's colour and the name in large letters can be read. */
export function drawPlate(node, look) {
  const height = CARD.height + growthOf(look.rows.length);
  return s(
    'g',
    { ...common(node, look), class: 'card plate' },
    s(
      'g',
      pressed(node, look),
      s('rect', { class: 'face', width: CARD.width, height, rx: 9 }),
      s('rect', { class: 'edge-mark', width: 14, height, rx: 5 }),
      s(
        'text',
        { class: 'far-name', x: 26, y: 40 },
        cut(node.name, CARD.width - 36, `600 25px ${FONT}`),
      ),
    ),
  );
}

function common(node, look) {
  return {
    transform: `translate(${look.left} ${look.top})`,
    'data-node': node.id,
    'data-kind': kindKey(node.kind),
    'data-language': node.language,
    'data-status': statusKey(node.status),
    'data-lit': look.role,
    'data-dimmed': look.dimmed,
    'data-selected': look.selected,
  };
}

/** The part of a card that is a button; the others stand beside it, not in it. */
function pressed(node, look) {
  return {
    class: 'head',
    'data-node': node.id,
    role: 'button',
    tabindex: 0,
    'aria-label': label(node),
    'aria-pressed': String(look.selected),
  };
}

const label = (node) =>
  [
    `${kindLabel(node.kind)} ${node.name}`,
    node.layer,
    node.status,
    node.rows === null ? null : shortCount(node.rows, 'row'),
  ]
    .filter(Boolean)
    .join(', ');

/** The kind is told by colour and glyph too, so it gives way to the count of rows. */
function about(node) {
  const kind = kindLabel(node.kind);
  const rows = node.rows === null ? null : shortCount(node.rows, 'row');
  const [width, font] = [badge(node).left - 54 - 6, `11.5px ${FONT}`];
  const both = rows ? `${kind} · ${rows}` : kind;
  return rows && !fits(both, width, font) ? rows : cut(both, width, font);
}

/** Shape and colour both tell the status. */
function status(node) {
  const shapes = {
    success: [s('circle', { r: 4 })],
    failed: [s('circle', { r: 6.5 }), s('path', { d: 'M-2.2-2.2 2.2 2.2M2.2-2.2-2.2 2.2' })],
    skipped: [s('path', { d: 'M-4.5 0h9' })],
    never: [s('circle', { r: 3.6 })],
    other: [s('circle', { r: 3 })],
  };
  const key = statusKey(node.status);
  return s(
    'g',
    { class: `status status-${key}`, transform: `translate(${CARD.width - 18} 22)` },
    s('title', null, `last run: ${node.status}`),
    ...shapes[key],
  );
}

function badge(node) {
  const text = LANGUAGES[node.language] ?? node.language.toUpperCase().slice(0, 5);
  const width = text.length * 6.2 + 10;
  return { text, width, left: CARD.width - (node.columns.length ? 32 : 12) - width };
}

function language(node) {
  const { text, width, left } = badge(node);
  return s(
    'g',
    {
      class: `language language-${LANGUAGES[node.language] ? node.language : 'other'}`,
      transform: `translate(${left} 34)`,
    },
    s('rect', { width, height: 15, rx: 4 }),
    s('text', { x: width / 2, y: 11 }, text),
  );
}

function expander(node, expanded) {
  return s(
    'g',
    {
      class: 'expander',
      transform: `translate(${CARD.width - 28} 32)`,
      role: 'button',
      tabindex: 0,
      'data-expand': node.id,
      'aria-expanded': String(expanded),
      'aria-label': `${expanded ? 'Hide' : 'Show'} the columns of ${node.name}`,
    },
    s('rect', { width: 20, height: 20, rx: 5 }),
    s('path', { d: expanded ? 'M6 12l4-4 4 4' : 'M6 8l4 4 4-4' }),
  );
}

function rows(node, look, height) {
  const types = new Map(node.columns.map((column) => [column.name, column.type]));
  const hidden = look.expanded ? node.columns.length - look.rows.length : 0;
  const drawn = look.rows.map((name, index) => row(node, name, types.get(name), index, look));
  const more = s('text', { class: 'about', x: 14, y: height - 6 }, `${hidden} more in the panel`);
  return [
    s('path', { class: 'rule', d: `M0 ${CARD.height}h${CARD.width}` }),
    ...drawn,
    ...(hidden > 0 ? [more] : []),
  ];
}

function row(node, name, type, index, look) {
  const kept = cut(type ?? '', 84, `10.5px ${FONT}`);
  return s(
    'g',
    {
      class: 'column',
      transform: `translate(0 ${CARD.height + 4 + index * CARD.row})`,
      role: 'button',
      tabindex: 0,
      'data-node': node.id,
      'data-column': name,
      'data-lit': look.columns?.get(name),
      'data-selected': look.selectedColumn === name,
      'aria-label': `column ${name} of ${node.name}, ${type ?? 'type unknown'}`,
    },
    s('title', null, `${name} ${type ?? ''}`),
    s('rect', { x: 5, width: CARD.width - 10, height: CARD.row, rx: 5 }),
    s('circle', { cx: 14, cy: CARD.row / 2, r: 3 }),
    s(
      'text',
      { class: 'column-name', x: 24, y: 15 },
      cut(name, CARD.width - 124, `500 12px ${FONT}`),
    ),
    s('text', { class: 'column-type', x: CARD.width - 12, y: 15 }, kept),
  );
}
