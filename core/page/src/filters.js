/** Which nodes are shown: by kind in the legend, by layer, tag, status and language in the menu. */

import { fill, h } from './dom.js';
import { byFlow, kindKey, kindLabel } from './kinds.js';
import { noneOf } from './words.js';

/** What a node is filtered by in the menu: title and values, null for one that has none. A node is shown when any value is wanted. */
const FACETS = [
  ['layer', 'Layer', (node) => [node.layer]],
  ['tag', 'Tag', (node) => (node.tags.length ? node.tags : [null])],
  ['status', 'Last run', (node) => [node.status]],
  ['language', 'Written in', (node) => [node.language]],
];

const KIND = ['kind', 'Kind', (node) => [node.kind]];

/** No facet has a hidden value at first. */
export const noFilter = () => new Map([KIND, ...FACETS].map(([name]) => [name, new Set()]));

export const isFiltering = (hidden) => [...hidden.values()].some((values) => values.size);

/** The ids of the nodes that a filter lets through. */
export function visibleNodes(nodes, hidden) {
  const shown = (node) =>
    [KIND, ...FACETS].every(([name, , values]) =>
      values(node).some((value) => !hidden.get(name).has(value)),
    );
  return new Set(nodes.filter(shown).map(({ id }) => id));
}

/** The legend's kinds, each a switch. `change(facet, value, shown)` is called with what was switched. */
export function showKinds(element, nodes, hidden, change) {
  const counts = counted(nodes, KIND[2]);
  const kinds = [...counts.keys()].sort(byFlow);
  fill(
    element,
    kinds.map((kind) =>
      h(
        'button',
        {
          type: 'button',
          class: 'kind-switch',
          'data-kind': kindKey(kind),
          'data-filter-kind': kind,
          'aria-pressed': String(!hidden.get('kind').has(kind)),
          title: 'Click to hide or show',
          onclick: () => change('kind', kind, hidden.get('kind').has(kind)),
        },
        h('span', { class: 'swatch' }),
        kindLabel(kind),
        h('span', { class: 'muted' }, counts.get(kind)),
      ),
    ),
  );
}

/** The menu's other facets, as check boxes; those with one value only tell nothing apart. */
export function showFacets(element, nodes, hidden, change) {
  const sets = FACETS.map(([name, title, values]) => [name, title, counted(nodes, values)]).filter(
    ([, , counts]) => counts.size > 1,
  );
  fill(
    element,
    sets.map(([name, title, counts]) =>
      h(
        'fieldset',
        { 'data-facet': name },
        h('legend', null, title),
        boxes(name, counts, hidden, change),
      ),
    ),
    sets.length ? null : h('p', { class: 'muted' }, 'All nodes are alike: nothing to filter by.'),
  );
}

function boxes(name, counts, hidden, change) {
  return [...counts]
    .map(([value, count]) => ({ value, count, label: value ?? noneOf(name, counts) }))
    .sort((a, b) => a.label.localeCompare(b.label))
    .map(({ value, count, label }) =>
      h(
        'label',
        null,
        h('input', {
          type: 'checkbox',
          value: label,
          checked: !hidden.get(name).has(value),
          onchange: (event) => change(name, value, event.target.checked),
        }),
        h('span', null, label),
        h('span', { class: 'muted' }, count),
      ),
    );
}

function counted(nodes, values) {
  const counts = new Map();
  for (const node of nodes)
    for (const value of values(node)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
