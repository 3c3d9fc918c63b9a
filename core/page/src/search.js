/** Finds nodes and columns by what is typed. */

import { fill, h } from './dom.js';
import { kindKey, kindLabel } from './kinds.js';

const MOST = 40;

/** @param choose called with the selection that was taken */
export function setUpSearch(input, list, lineage, choose) {
  const everything = entries(lineage);
  let found = [];
  let current = 0;

  const close = () => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const show = () => {
    found = matches(everything, input.value);
    current = 0;
    fill(
      list,
      found.map((entry, index) => option(entry, index, take)),
      found.length ? null : h('li', { class: 'nothing' }, 'Nothing has this name.'),
    );
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    mark();
  };
  const mark = () => {
    [...list.querySelectorAll('[role=option]')].forEach((item, index) =>
      item.setAttribute('aria-selected', String(index === current)),
    );
    const item = list.children[current];
    if (item?.id) input.setAttribute('aria-activedescendant', item.id);
    item?.scrollIntoView({ block: 'nearest' });
  };
  const take = (entry) => {
    close();
    input.value = '';
    input.blur();
    choose(entry.selection);
  };
  const keys = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Enter: () => found[current] && take(found[current]),
    Escape: () => (close(), input.blur()),
  };
  const step = (by) => {
    current = Math.max(0, Math.min(found.length - 1, current + by));
    mark();
  };
  input.addEventListener('input', show);
  input.addEventListener('focus', show);
  input.addEventListener('blur', () => setTimeout(close, 120));
  input.addEventListener('keydown', (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });
}

function entries(lineage) {
  return lineage.nodes.flatMap((node) => [
    {
      node,
      name: node.name,
      text: `${node.id} ${node.description ?? ''}`.toLowerCase(),
      selection: { node: node.id, column: null },
    },
    ...node.columns.map(({ name }) => ({
      node,
      name,
      column: name,
      text: `${node.id}.${name}`.toLowerCase(),
      selection: { node: node.id, column: name },
    })),
  ]);
}

/** Every typed word must be found; names that begin with the text come first, nodes before columns. */
function matches(everything, typed) {
  const text = typed.trim().toLowerCase();
  if (!text) return everything.filter((entry) => !entry.column).slice(0, MOST);
  const words = text.split(/\s+/);
  return everything
    .filter((entry) => words.every((word) => entry.text.includes(word)))
    .map((entry) => ({ entry, score: score(entry, text) }))
    .sort((a, b) => a.score - b.score)
    .slice(0, MOST)
    .map(({ entry }) => entry);
}

function score(entry, text) {
  const name = entry.name.toLowerCase();
  const closeness = [name === text, name.startsWith(text), name.includes(text)].indexOf(true);
  return (closeness < 0 ? 3 : closeness) * 2 + (entry.column ? 1 : 0);
}

function option(entry, index, take) {
  return h(
    'li',
    {
      role: 'option',
      id: `found-${index}`,
      'data-kind': kindKey(entry.node.kind),
      onpointerdown: (event) => (event.preventDefault(), take(entry)),
    },
    h('span', { class: 'swatch' }),
    h('span', { class: 'found-name' }, entry.name),
    h(
      'span',
      { class: 'muted' },
      entry.column ? `column of ${entry.node.id}` : kindLabel(entry.node.kind),
    ),
  );
}
