/** What is lit for a selection: which cards, columns and lines, and by which role. */

import { stronger, VALUE } from './lineage.js';

/**
 * @returns null when nothing is selected, else
 *   nodes: Map id → role; columns: Map id → Map name → role;
 *   shown: Map id → Set of the column names that stand on the path by name;
 *   for a column, lines: [{from: {id, column}, to: {id, column}, role}], column null meaning the whole card;
 *   for a node, along: tells whether an edge is lit.
 */
export function light(lineage, selection) {
  if (!selection) return null;
  return selection.column === null
    ? lightNode(lineage, selection.node)
    : lightColumn(lineage, lineage.trace(selection.node, selection.column));
}

/** The lit lines; `edges` are those drawn now, which lead past hidden nodes. */
export function shownLines(lit, edges) {
  if (!lit?.along) return lit?.lines ?? [];
  return edges
    .filter(lit.along)
    .map(({ from, to }) => ({ from: end(from), to: end(to), role: VALUE }));
}

function lightNode(lineage, id) {
  const above = lineage.reach(id, 'upstream').add(id);
  const below = lineage.reach(id, 'downstream').add(id);
  const along = ({ from, to }) =>
    (above.has(from) && above.has(to)) || (below.has(from) && below.has(to));
  return {
    nodes: new Map([...above, ...below].map((node) => [node, VALUE])),
    columns: new Map(),
    shown: new Map(),
    along,
  };
}

function lightColumn(lineage, trace) {
  const lit = { nodes: new Map(), columns: new Map(), shown: new Map(), lines: new Map() };
  for (const direction of ['upstream', 'downstream']) {
    const { roles, vertices, steps } = trace[direction];
    for (const [key, { id, column }] of vertices) {
      if (!lineage.byId.has(id)) continue;
      lit.nodes.set(id, stronger(lit.nodes.get(id), roles.get(key)));
      if (column !== null) {
        const columns = mapped(lit.columns, id, () => new Map());
        columns.set(column, stronger(columns.get(column), roles.get(key)));
      }
    }
    const named = namedVertices(trace.start, steps);
    for (const { id, column } of named.values()) mapped(lit.shown, id, () => new Set()).add(column);
    drawSteps(lineage, steps, named, direction, lit.lines);
  }
  return { ...lit, lines: telling([...lit.lines.values()]) };
}

/** The columns reached by name from the start, not because a whole node's rows are decided. */
function namedVertices(start, steps) {
  const named = new Map([[start.key, start]]);
  const through = new Map([[start.key, start]]);
  for (let before = -1; before !== through.size;) {
    before = through.size;
    for (const { near, far, role } of steps) {
      if (!through.has(near.key) || role === 'unknown') continue;
      const fromRows = near.column === null && near.id === far.id;
      if (fromRows) continue;
      through.set(far.key, far);
      if (far.column !== null) named.set(far.key, far);
    }
  }
  return named;
}

function drawSteps(lineage, steps, named, direction, lines) {
  for (const { near, far, role } of steps) {
    if (near.id === far.id || !lineage.byId.has(near.id) || !lineage.byId.has(far.id)) continue;
    const [from, to] = (direction === 'upstream' ? [far, near] : [near, far]).map((one) =>
      end(one.id, named.has(one.key) ? one.column : null),
    );
    const key = JSON.stringify([from, to]);
    lines.set(key, { from, to, role: stronger(lines.get(key)?.role, role) });
  }
}

/** A line from card to card says nothing more where others lead from column to column. */
function telling(lines) {
  const pair = ({ from, to }) => JSON.stringify([from.id, to.id]);
  const named = new Set(lines.filter(({ from, to }) => from.column ?? to.column).map(pair));
  return lines.filter(
    (line) => (line.from.column ?? line.to.column) !== null || !named.has(pair(line)),
  );
}

const end = (id, column = null) => ({ id, column });

function mapped(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}
