/** Groups of nodes, by layer and folder: in them a large graph can be read as a whole. */

import { kindLabel, statusKey } from './kinds.js';
import { extent } from './layout.js';

/** More groups than these, or a longer way or column of them, cannot be read as a whole. */
const MOST = { groups: 60, columns: 9, rows: 14 };
const DEEPEST = 4;
const BELOW = 'seeknal';

/**
 * The groups of `nodes`, as fine as they can be read as a whole; none where all nodes are alike.
 *
 * @returns {{id, name, above: string|null, layer, kind: string|null, nodes: object[], statuses: Map<string, number>}[]}
 */
export function groupsOf(nodes, edges) {
  let coarsest = [];
  for (const division of DIVISIONS) {
    const found = Map.groupBy(nodes, (node) => JSON.stringify(division.by(node)));
    if (found.size === 1) continue;
    coarsest = [...found].map(([key, members]) => group(`group:${key}`, division, members));
    if (isReadable(coarsest, edges)) return coarsest;
  }
  return coarsest;
}

function isReadable(groups, edges) {
  if (groups.length > MOST.groups) return false;
  const groupOf = new Map(groups.flatMap(({ id, nodes }) => nodes.map((node) => [node.id, id])));
  const between = edges
    .map(({ from, to }) => ({ from: groupOf.get(from), to: groupOf.get(to) }))
    .filter(({ from, to }) => from !== to);
  const { columns, rows } = extent(groups, between);
  return columns <= MOST.columns && rows <= MOST.rows;
}

/** By layer and the folders below `seeknal/`, then by the outer ones, by layer alone, by kind. */
const DIVISIONS = [
  ...Array.from({ length: DEEPEST }, (_, index) => DEEPEST - index).map((depth) => ({
    by: (node) => [node.layer, ...folders(node).slice(0, depth)],
    name: (node) => folders(node).slice(0, depth).at(-1) ?? node.layer ?? 'no folder',
    above: (node) => folders(node).slice(0, depth).slice(0, -1).join('/'),
  })),
  { by: ({ layer }) => [layer], name: ({ layer }) => layer ?? 'no layer' },
  { by: ({ kind }) => [null, kind], name: ({ kind }) => kindLabel(kind) },
];

function folders({ file }) {
  const parts = (file ?? '').split(/[/\\]/).slice(0, -1);
  return parts[0] === BELOW ? parts.slice(1) : parts;
}

function group(id, { by, name, above }, members) {
  const kinds = new Set(members.map(({ kind }) => kind));
  const statuses = new Map();
  for (const { status } of members) {
    const key = statusKey(status);
    statuses.set(key, (statuses.get(key) ?? 0) + 1);
  }
  return {
    id,
    name: name(members[0]),
    above: above?.(members[0]) || null,
    layer: by(members[0])[0],
    kind: kinds.size === 1 ? members[0].kind : null,
    nodes: members,
    statuses,
  };
}
