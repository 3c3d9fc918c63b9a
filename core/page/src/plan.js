/** What stands for what: each node for itself, or the group that it is in. */

import { groupsOf } from './groups.js';
import { arrange, CARD, edgeKey, extent, place } from './layout.js';

/** A closed group's card, and the head and the border of an open one. */
export const GROUP = { height: 84, head: 40, pad: 20 };

/** A graph of more columns or rows cannot be read as a whole: so many fit into a window. */
const READABLE = { columns: 13, rows: 27 };
const FEWEST = 30;
/** More nodes than these are not brought out of closed groups to be lit. */
const MOST_BROUGHT_OUT = 40;

/** The visible nodes and edges, and the groups that they fall into. */
export function visibleGraph(lineage, state) {
  const nodes = lineage.nodes.filter(({ id }) => state.visible.has(id));
  const edges = edgesBetween(lineage, state, nodes);
  const { columns, rows } = extent(nodes, edges);
  const groups = groupsOf(nodes, edges);
  const crowded = nodes.length >= FEWEST && (columns > READABLE.columns || rows > READABLE.rows);
  return { nodes, edges, groups, crowded: crowded && groups.length > 0 };
}

/** A line leads past each node that a filter hides, but not around by other nodes. */
function edgesBetween(lineage, { visible, only }, nodes) {
  if (nodes.length === lineage.nodes.length) return lineage.edges;
  const within = only === null ? lineage.byId : lineage.around(only);
  return nodes.flatMap(({ id }) =>
    [...nextVisible(lineage, visible, within, id)].map((to) => ({ from: id, to })),
  );
}

function nextVisible(lineage, visible, within, id) {
  const found = new Set();
  const seen = new Set();
  const waiting = [...lineage.downstream.get(id)];
  while (waiting.length) {
    const next = waiting.pop();
    if (seen.has(next) || !within.has(next)) continue;
    seen.add(next);
    if (visible.has(next)) found.add(next);
    else waiting.push(...lineage.downstream.get(next));
  }
  return found;
}

/** The nodes that are to be seen for what is lit: all of its way, or as much as stays readable. */
export function broughtOut(lit, selection) {
  if (!lit) return new Set();
  const all = [...lit.nodes.keys()];
  const byValue = all.filter((id) => lit.nodes.get(id) === 'value');
  const few = [all, byValue].find(({ length }) => length <= MOST_BROUGHT_OUT);
  return new Set(few ?? [selection.node]);
}

/**
 * Blocks in their places: nodes, closed groups and open ones, which hold the nodes shown of them.
 *
 * @param open the ids of groups that are open as a whole
 * @param out the ids of nodes that are shown though their group is closed
 */
export function planOf({ nodes, edges, groups }, open, out) {
  const boxes = groups
    .filter((group) => group.nodes.length > 1)
    .map((group) => boxOf(group, edges, open, out));
  const outer = new Map();
  const shown = new Map(nodes.map(({ id }) => [id, id]));
  for (const box of boxes) {
    const inside = new Set(box.nodes.map(({ id }) => id));
    for (const { id } of box.group.nodes) {
      outer.set(id, box.id);
      if (!inside.has(id)) shown.set(id, box.id);
    }
    outer.set(box.id, box.id);
  }
  const block = (key) => outer.get(key) ?? key;
  const alone = nodes.filter(({ id }) => !outer.has(id));
  const blocks = [
    ...boxes.map(({ id, group, width, height }) => ({ id, layer: group.layer, width, height })),
    ...alone.map(card),
  ];
  const between = edges.map(({ from, to }) => ({ from: block(from), to: block(to) }));
  return {
    nodes: nodes.filter(({ id }) => shown.get(id) === id),
    boxes,
    shown,
    block,
    arrangement: arrange(blocks, distinct(between), { wide: true }),
    lines: counted(edges.map(({ from, to }) => ({ from: shown.get(from), to: shown.get(to) }))),
  };
}

const card = ({ id, layer }) => ({ id, layer, width: CARD.width, height: CARD.height });

function boxOf(group, edges, open, out) {
  const whole = open.has(group.id);
  const nodes = whole ? group.nodes : group.nodes.filter(({ id }) => out.has(id));
  const common = { id: group.id, group, nodes, whole };
  if (!nodes.length)
    return { ...common, arrangement: null, width: CARD.width, height: GROUP.height, inner: 0 };
  const inside = new Set(nodes.map(({ id }) => id));
  const arrangement = arrange(
    nodes.map(card),
    edges.filter(({ from, to }) => inside.has(from) && inside.has(to)),
  );
  const { width, height } = place(arrangement, () => 0);
  return {
    ...common,
    arrangement,
    inner: height,
    width: width + 2 * GROUP.pad,
    height: GROUP.head + height + GROUP.pad,
  };
}

const distinct = (edges) => [
  ...new Map(
    edges.filter(({ from, to }) => from !== to).map((edge) => [edgeKey(edge), edge]),
  ).values(),
];

/** Each line once, with how many dependencies it stands for. */
function counted(edges) {
  const lines = new Map();
  for (const { from, to } of edges) {
    if (from === to) continue;
    const line = lines.get(edgeKey({ from, to })) ?? { from, to, count: 0 };
    lines.set(edgeKey({ from, to }), { ...line, count: line.count + 1 });
  }
  return [...lines.values()];
}
