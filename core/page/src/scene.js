/** The places of everything for what is shown now: which nodes, which cards are grown, what is lit. */

import { growthOf, shownColumns } from './cards.js';
import { arrange, place } from './layout.js';
import { byStrength } from './lineage.js';
import { shownLines } from './lighting.js';
import { curve, pointsOf } from './lines.js';

/** Keeps the slow part of the layout until other nodes are shown. */
export function sceneMaker(lineage) {
  let kept = null;
  return (state, lit) => {
    if (kept?.visible !== state.visible) {
      const { nodes, edges } = visibleGraph(lineage, state);
      kept = { visible: state.visible, nodes, edges, arrangement: arrange(nodes, edges) };
    }
    return new Scene(lineage, kept, state, lit);
  };
}

/** The nodes shown; a line leads past each that a filter hides, but not around by other nodes. */
function visibleGraph(lineage, { visible, only }) {
  const nodes = lineage.nodes.filter(({ id }) => visible.has(id));
  if (nodes.length === lineage.nodes.length) return { nodes, edges: lineage.edges };
  const within = only === null ? lineage.byId : lineage.around(only);
  const edges = nodes.flatMap(({ id }) =>
    [...nextVisible(lineage, visible, within, id)].map((to) => ({ from: id, to })),
  );
  return { nodes, edges };
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

class Scene {
  #rows = new Map();
  #places;

  constructor(lineage, { nodes, edges, arrangement }, state, lit) {
    this.nodes = nodes;
    this.edges = edges;
    this.state = state;
    this.lit = lit;
    this.routes = arrangement.routes;
    this.bands = arrangement.bands;
    this.arrangement = arrangement;
    for (const node of nodes)
      this.#rows.set(
        node.id,
        shownColumns(node, state.expanded.has(node.id), lit?.shown.get(node.id)),
      );
    this.#places = place(arrangement, (id) => growthOf(this.rows(id).length));
    this.width = this.#places.width;
    this.height = this.#places.height;
    this.lines = edges.map((edge) => this.#line(end(edge.from), end(edge.to), null));
    this.litLines = shownLines(lit, edges)
      .filter(({ from, to }) => this.#rows.has(from.id) && this.#rows.has(to.id))
      .map(({ from, to, role }) => this.#line(from, to, role))
      .sort((a, b) => byStrength(b.role, a.role));
  }

  has = (id) => this.#rows.has(id);
  rows = (id) => this.#rows.get(id);
  top = (key) => this.#places.tops.get(key);
  columnLeft = (column) => this.arrangement.columns[column].x;
  columnOf = (id) => this.arrangement.column.get(id);
  left = (id) => this.columnLeft(this.columnOf(id));

  /** How a node's card looks now. */
  look(node) {
    const { selection, expanded } = this.state;
    const selected = selection?.node === node.id;
    return {
      left: this.left(node.id),
      top: this.top(node.id),
      rows: this.rows(node.id),
      expanded: expanded.has(node.id),
      role: this.lit?.nodes.get(node.id),
      columns: this.lit?.columns.get(node.id),
      dimmed: Boolean(this.lit) && !this.lit.nodes.has(node.id),
      selected,
      selectedColumn: selected ? selection.column : null,
    };
  }

  #line(from, to, role) {
    const points = pointsOf(from, to, this);
    const heights = points.map(([, y]) => y);
    return {
      from,
      to,
      role,
      path: curve(points),
      left: points[0][0],
      right: points.at(-1)[0],
      top: Math.min(...heights),
      bottom: Math.max(...heights),
    };
  }
}

const end = (id) => ({ id, column: null });
