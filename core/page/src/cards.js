/** A node drawn as a card, closed or with its columns; the farther away, the less and the larger. */

import { s } from './dom.js';
import { glyph, kindKey, kindLabel, statusKey } from './kinds.js';
import { CARD } from './layout.js';
import { cut, fits, FONT } from './text.js';
import { shortCount } from './words.js';

const MOST_ROWS = 60;
const LANGUAGES = { python: 'PY', yaml: 'YAML', sql: 'SQL', csv: 'CSV' };
const TYPES = { postgresql: 'POSTGRES' };
/** A name on a plate: where it begins, its letters, and where one line or two stand. */
const PLATES = {
  middle: { left: 54, size: 18, one: [28], two: [25, 47], row: 15.5, inset: 0, badge: 1.35 },
  far: { left: 26, size: 24, one: [39], two: [26, 52], row: 18, inset: 12 },
};
const LOCK = 'M3 5.5h6v5H3zM4.3 5.5V4a1.7 1.7 0 0 1 3.4 0v1.5';

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
    ...words(node),
    status(node),
    language(node),
  );
  const card = s('g', { ...common(node, look), class: 'card' }, head);
  if (node.columns.length) card.append(expander(node, look.expanded));
  if (look.rows.length) card.append(...rows(node, look, height));
  return card;
}

/** The name and what is counted; a long name takes the place of both. */
function words(node) {
  const second = badge(node).left - 60;
  const [name, ...rest] = broken(node.name, CARD.width - 84, 13, second);
  const line = (text, y) => s('text', { class: 'name', x: 54, y }, text);
  return rest.length
    ? [line(name, 26), line(rest[0], 44)]
    : [line(name, 27), s('text', { class: 'about', x: 54, y: 45 }, about(node))];
}

/** From farther away there are larger letters, and less of them; `level` says which. */
export function drawPlate(node, look, level) {
  const plate = PLATES[level];
  const height = CARD.height + growthOf(look.rows.length);
  const card = s(
    'g',
    { ...common(node, look), class: `card plate ${level}` },
    s(
      'g',
      pressed(node, look),
      s('title', null, node.id),
      s('rect', { class: 'face', width: CARD.width, height, rx: 9 }),
      level === 'far' ? farFace(node, plate, height) : middleFace(node, plate),
    ),
  );
  if (level === 'middle' && node.columns.length) card.append(expander(node, look.expanded));
  card.append(...plateRows(node, look, plate));
  return card;
}

function farFace(node, plate, height) {
  return [
    s('rect', { class: 'edge-mark', width: 14, height, rx: 5 }),
    nameLines(plate, broken(node.name, CARD.width - plate.left - 10, plate.size)),
    statusKey(node.status) === 'failed' ? status(node, 14) : null,
  ];
}

function middleFace(node, plate) {
  const { left } = badge(node, plate.badge);
  const widths = [CARD.width - plate.left - 28, left - plate.left - 6];
  const lines = broken(node.name, widths[0], plate.size, widths[1]);
  const about = node.rows === null ? kindLabel(node.kind) : shortCount(node.rows, 'row');
  const font = `15px ${FONT}`;
  const told = lines.length === 1 && fits(about, widths[1], font) ? about : null;
  return [
    s('rect', { class: 'tile', x: 12, y: 14, width: 32, height: 32, rx: 7 }),
    s('path', { class: 'glyph', transform: 'translate(20 22)', d: glyph(node.kind) }),
    nameLines(plate, lines),
    told ? s('text', { class: 'about', x: plate.left, y: 48 }, told) : null,
    status(node, 18),
    language(node, plate.badge),
  ];
}

const nameLines = ({ left, one, two }, lines) =>
  lines.map((line, index) =>
    s('text', { class: 'far-name', x: left, y: (lines.length === 1 ? one : two)[index] }, line),
  );

/** A name in one line or in two, broken where a word ends. */
export function broken(name, width, size, second = width) {
  const font = `600 ${size}px ${FONT}`;
  if (fits(name, width, font)) return [name];
  const ends = [...name.matchAll(/[_.\s/-]/g)].map(({ index }) => index + 1);
  const at = ends.filter((end) => fits(name.slice(0, end), width, font)).at(-1);
  return at ? [name.slice(0, at), cut(name.slice(at), second, font)] : [cut(name, width, font)];
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
    'aria-label': spoken(node),
    'aria-pressed': String(look.selected),
  };
}

const spoken = (node) =>
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
function status(node, top = 22) {
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
    { class: `status status-${key}`, transform: `translate(${CARD.width - 18} ${top})` },
    s('title', null, `last run: ${node.status}`),
    ...shapes[key],
  );
}

/** What a source reads and an exposure writes, else the language that a node is written in. */
function label(node) {
  const outside = ['source', 'exposure'].includes(node.kind) && node.language !== 'python';
  const text = (outside && node.type) || node.language;
  return TYPES[text] ?? LANGUAGES[text] ?? text.toUpperCase();
}

function badge(node, scale = 1) {
  const text = cut(label(node), 64, `600 9.5px ${FONT}`);
  const width = text.length * 6.8 + 11;
  return { text, width, left: CARD.width - (node.columns.length ? 32 : 12) - width * scale };
}

function language(node, scale = 1) {
  const { text, width, left } = badge(node, scale);
  return s(
    'g',
    {
      class: `language language-${LANGUAGES[node.language] ? node.language : 'other'}`,
      transform: `translate(${left} ${41.5 - 7.5 * scale}) scale(${scale})`,
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
  const columns = new Map(node.columns.map((column) => [column.name, column]));
  const hidden = look.expanded ? node.columns.length - look.rows.length : 0;
  const drawn = look.rows.map((name, index) => row(node, columns.get(name), index, look));
  const more = s('text', { class: 'about', x: 14, y: height - 6 }, `${hidden} more in the panel`);
  return [
    s('path', { class: 'rule', d: `M0 ${CARD.height}h${CARD.width}` }),
    ...drawn,
    ...(hidden > 0 ? [more] : []),
  ];
}

function row(node, column, index, look) {
  const { name, type, pii } = column;
  const end = CARD.width - (pii ? 26 : 12);
  const kept = cut(type ?? '', 84 - (pii ? 14 : 0), `10.5px ${FONT}`);
  return s(
    'g',
    columnOf(node, column, index, look),
    s('title', null, [name, type, pii ? '(private)' : ''].filter(Boolean).join(' ')),
    s('rect', { x: 5, width: CARD.width - 10, height: CARD.row, rx: 5 }),
    s('circle', { cx: 14, cy: CARD.row / 2, r: 3 }),
    s(
      'text',
      { class: 'column-name', x: 24, y: 15 },
      cut(name, CARD.width - 124, `500 12px ${FONT}`),
    ),
    s('text', { class: 'column-type', x: end, y: 15 }, kept),
    pii ? lock() : null,
  );
}

const lock = () =>
  s('path', { class: 'lock', d: LOCK, transform: `translate(${CARD.width - 23} 4)` });

/** On a plate a column has its name only, as large as a row is high. */
function plateRows(node, look, { row: size, inset }) {
  const columns = new Map(node.columns.map((column) => [column.name, column]));
  return look.rows.map((name, index) =>
    s(
      'g',
      columnOf(node, columns.get(name), index, look),
      s('title', null, name),
      s('rect', { x: 5 + inset, width: CARD.width - 10 - inset, height: CARD.row, rx: 5 }),
      s('circle', { cx: 14 + inset, cy: CARD.row / 2, r: 4 }),
      s(
        'text',
        { class: 'column-name', x: 24 + inset, y: size + 1 },
        cut(name, CARD.width - 36 - inset, `500 ${size}px ${FONT}`),
      ),
    ),
  );
}

const columnOf = (node, { name, type, pii }, index, look) => ({
  class: 'column',
  transform: `translate(0 ${CARD.height + 4 + index * CARD.row})`,
  role: 'button',
  tabindex: 0,
  'data-node': node.id,
  'data-column': name,
  'data-lit': look.columns?.get(name),
  'data-selected': look.selectedColumn === name,
  'data-private': pii,
  'aria-label': `column ${name} of ${node.name}, ${type ?? 'type unknown'}${pii ? ', private' : ''}`,
});
