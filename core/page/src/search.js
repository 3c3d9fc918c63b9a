/** The field that finds nodes and columns as one types. */

import { fill, h } from './dom.js';
import { entriesOf, excerpt, find, pieces } from './finding.js';
import { kindKey, kindLabel } from './kinds.js';
import { number } from './words.js';

/** @param choose called with the selection that was taken */
export function setUpSearch(input, list, lineage, choose) {
  const everything = whenNeeded(() => entriesOf(lineage));
  let found = [];
  let current = 0;

  const close = () => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const show = () => {
    const { found: first, total } = find(everything(), input.value);
    [found, current] = [first, 0];
    fill(
      list,
      found.map((entry, index) => option(entry, index, input.value, take)),
      total > found.length ? h('li', { class: 'nothing' }, more(total - found.length)) : null,
      total ? null : h('li', { class: 'nothing' }, 'Nothing has this name.'),
    );
    list.hidden = false;
    list.scrollTop = 0;
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

/** Made while nothing else is to be done, so that the first letter need not wait. */
function whenNeeded(make) {
  let made = null;
  const give = () => (made ??= make());
  if (globalThis.requestIdleCallback) requestIdleCallback(give, { timeout: 2000 });
  return give;
}

const more = (left) => `and ${number(left)} more: type on`;

function option(entry, index, typed, take) {
  const said = excerpt(entry, typed);
  return h(
    'li',
    {
      role: 'option',
      id: `found-${index}`,
      'data-kind': kindKey(entry.node.kind),
      'data-said': said !== null,
      onpointerdown: (event) => (event.preventDefault(), take(entry)),
    },
    h('span', { class: 'swatch' }),
    h('span', { class: 'found-name' }, marked(entry.name, typed)),
    h('span', { class: 'muted' }, about(entry)),
    said ? h('span', { class: 'found-said' }, marked(said, typed)) : null,
  );
}

const about = ({ node, column }) =>
  column === null
    ? [kindLabel(node.kind), node.layer].filter(Boolean).join(' · ')
    : `column of ${node.id}${isPrivate(node, column) ? ' · pii' : ''}`;

const isPrivate = (node, column) => node.columns.find(({ name }) => name === column)?.pii;

const marked = (text, typed) =>
  pieces(text, typed).map(({ text, hit }) => (hit ? h('mark', null, text) : text));
