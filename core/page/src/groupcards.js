/** A group drawn as one card that stands for its nodes, or as a head and a frame around them. */

import { s } from './dom.js';
import { kindKey, kindLabel } from './kinds.js';
import { CARD } from './layout.js';
import { GROUP } from './plan.js';
import { cut, fits, FONT } from './text.js';
import { count } from './words.js';

const ORDER = ['failed', 'skipped', 'other', 'never', 'success'];
const WORDS = { never: 'never ran', success: 'well' };
/** Letters of the name and of the line below, at each distance. */
const SIZES = { near: [15, 12.5], middle: [22, 18], far: [25, 21] };
const BAR = { left: 16, top: GROUP.height - 12, width: CARD.width - 32, height: 5 };

/** @param group of the scene */
export function drawGroup(group, box, level) {
  return group.open ? head(group, box, level) : closed(group, box, level);
}

function closed(group, box, level) {
  const [size, small] = SIZES[level];
  return s(
    'g',
    {
      ...common(group, box),
      class: `group closed ${level}`,
    },
    s('title', null, [group.layer, group.above, group.name].filter(Boolean).join(' / ')),
    s('rect', { class: 'behind', x: 5, y: 5, width: CARD.width, height: GROUP.height, rx: 11 }),
    s('rect', { class: 'face', width: CARD.width, height: GROUP.height, rx: 11 }),
    chevron(CARD.width - 36, level === 'near' ? 18 : 14, false),
    s(
      'text',
      { class: 'group-name', x: 16, y: 18 + size / 2, 'font-size': size },
      cut(group.name, CARD.width - 56, `650 ${size}px ${FONT}`),
    ),
    s(
      'text',
      { class: 'group-about', x: 16, y: 38 + size / 2 + small / 4, 'font-size': small },
      cut(about(group, level), CARD.width - 32, `${small}px ${FONT}`),
    ),
    bar(group),
  );
}

function head(group, box, level) {
  const width = box.right - box.left;
  const [size] = SIZES[level];
  const told = ` · ${level === 'near' ? sharedInWords(group) : sharedInShort(group)}`;
  const room = width - 56 - 0.56 * size * told.length;
  return s(
    'g',
    { ...common(group, box), class: `group open ${level}` },
    s('rect', { class: 'strip', width, height: GROUP.head, rx: 11 }),
    chevron(12, (GROUP.head - 20) / 2, group.whole),
    s(
      'text',
      { class: 'group-name', x: 38, y: GROUP.head / 2 + size / 3, 'font-size': size },
      cut(group.name, room, `650 ${size}px ${FONT}`) + told,
    ),
  );
}

const isAll = (group) => group.shown === group.nodes.length;

const sharedInWords = (group) =>
  isAll(group) ? count(group.shown, 'node') : `${group.shown} of ${group.nodes.length}`;

const sharedInShort = (group) =>
  isAll(group) ? String(group.shown) : `${group.shown}/${group.nodes.length}`;

/** The frame stands below the lines, the head above them. */
export const drawFrame = (group, { left, top, right, bottom }) =>
  s('rect', {
    class: 'frame',
    x: left,
    y: top,
    width: right - left,
    height: bottom - top,
    rx: 12,
    'data-dimmed': group.dimmed,
  });

function common(group, box) {
  const verb = group.whole ? 'Close' : 'Open';
  return {
    transform: `translate(${box.left} ${box.top})`,
    'data-group': group.id,
    'data-kind': group.kind ? kindKey(group.kind) : null,
    'data-lit': group.role,
    'data-dimmed': group.dimmed,
    role: 'button',
    tabindex: 0,
    'aria-expanded': String(group.whole),
    'aria-label': `${verb} the group ${[group.above, group.name].filter(Boolean).join('/')}${group.layer ? ` of ${group.layer}` : ''}, ${told(group).join(', ')}`,
  };
}

/** What the card says of its nodes; what went wrong is never left out. */
function about(group, level) {
  const { lit, nodes } = group;
  if (lit) return `${lit} of ${count(nodes.length, 'node')} lit`;
  const font = `${SIZES[level][1]}px ${FONT}`;
  const [counted, ...others] = told(group);
  const words = [
    [counted, ...others],
    [counted, ...others.slice(0, 1)],
    [nodes.length, ...others.slice(0, 1)],
  ].map((parts) => parts.join(' · '));
  return words.find((text) => fits(text, CARD.width - 32, font)) ?? words.at(-1);
}

function told({ nodes, statuses, kind, above }) {
  const counted = kind
    ? count(nodes.length, kindLabel(kind))
    : `${count(nodes.length, 'node')}${above ? ` in ${above}` : ''}`;
  const others = ORDER.filter((key) => key !== 'success' && statuses.get(key));
  return [counted, ...others.map((key) => `${statuses.get(key)} ${WORDS[key] ?? key}`)];
}

/** How the last runs ended, each status as long as it is frequent. */
function bar({ nodes, statuses }) {
  let left = BAR.left;
  return s(
    'g',
    { class: 'shares' },
    ORDER.filter((key) => statuses.get(key)).map((key) => {
      const width = Math.max(4, (BAR.width * statuses.get(key)) / nodes.length);
      const x = left;
      left = Math.min(left + width, BAR.left + BAR.width - 4);
      return s(
        'rect',
        {
          class: `share-${key}`,
          x,
          y: BAR.top,
          width: Math.min(width, BAR.left + BAR.width - x),
          height: BAR.height,
          rx: 2,
        },
        s('title', null, `${statuses.get(key)} ${WORDS[key] ?? key}`),
      );
    }),
  );
}

const chevron = (x, y, open) =>
  s(
    'g',
    { class: 'chevron', transform: `translate(${x} ${y})` },
    s('path', { d: open ? 'M6 8l4 4 4-4' : 'M8 6l4 4-4 4' }),
  );
