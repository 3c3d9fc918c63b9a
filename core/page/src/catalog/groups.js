/** By what nodes are put together in the list. */

import { byFlow, kindLabel } from '../kinds.js';
import { noneOf } from '../words.js';

const byName = (one, other) => one.localeCompare(other, undefined, { numeric: true });

/** Layers stand in the order in which data flows through them, which is that of the document. */
const asTheyCome = () => 0;

/** What a node has of each; none is a group of its own, which comes last. */
const GROUPINGS = [
  { name: 'layer', title: 'Layer', valuesOf: (node) => [node.layer], order: asTheyCome },
  { name: 'domain', title: 'Domain', valuesOf: (node) => [node.domain], order: byName },
  { name: 'tag', title: 'Tag', valuesOf: (node) => node.tags, order: byName },
  { name: 'owner', title: 'Owner', valuesOf: (node) => [node.owner], order: byName },
  { name: 'kind', title: 'Kind', valuesOf: (node) => [node.kind], order: byFlow },
  { name: 'folder', title: 'Folder', valuesOf: (node) => [folderOf(node)], order: byName },
];

/** The groupings that tell nodes apart. */
export const groupingsOf = (nodes) =>
  GROUPINGS.filter(({ valuesOf }) => nodes.some((node) => valuesOf(node).some(Boolean)));

/** @returns {{value: string|null, label: string, nodes: object[]}[]} */
export function grouped(nodes, { name, title, valuesOf, order }) {
  const groups = new Map();
  for (const node of nodes)
    for (const value of present(valuesOf(node))) {
      if (!groups.has(value)) groups.set(value, []);
      groups.get(value).push(node);
    }
  const values = [...groups.keys()].filter((value) => value !== null).sort(order);
  if (groups.has(null)) values.push(null);
  return values.map((value) => ({
    value,
    label:
      value === null
        ? noneOf(title.toLowerCase(), groups)
        : name === 'kind'
          ? kindLabel(value)
          : value,
    nodes: groups.get(value).sort((a, b) => byName(a.name, b.name)),
  }));
}

function present(values) {
  const found = values.filter(Boolean);
  return found.length ? found : [null];
}

const folderOf = ({ file }) => (file?.includes('/') ? file.slice(0, file.lastIndexOf('/')) : null);
