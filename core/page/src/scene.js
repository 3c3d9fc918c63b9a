/** The places of everything for what is shown now: which nodes, which cards are grown, what is lit. */

import { growthOf, shownColumns } from './cards.js';
import { CARD, place } from './layout.js';
import { byStrength, stronger } from './lineage.js';
import { shownLines } from './lighting.js';
import { wayOf } from './lines.js';
import { broughtOut, GROUP, planOf, visibleGraph } from './plan.js';

/** Fewer nodes than these are not worth grouping. */
const FEWEST_GROUPED = 12;

/** Keeps the slow part of the layout until other nodes are shown, or other groups open. */
export function sceneMaker(lineage) {
  let seen = null;
  let kept = null;
  return (state, lit) => {
    if (seen?.visible !== state.visible)
      seen = { visible: state.visible, graph: visibleGraph(lineage, state) };
    const grouped = seen.graph.groups.length > 0 && (state.grouped ?? seen.graph.crowded);
    const graph = grouped ? seen.graph : { ...seen.graph, groups: [] };
    const out = grouped ? broughtOut(lit, state.selection) : new Set();
    const key = JSON.stringify([grouped, [...state.open].sort(), [...out].sort()]);
    if (kept?.graph !== seen.graph || kept.key !== key)
      kept = { graph: seen.graph, key, plan: planOf(graph, state.open, out) };
    return new Scene(seen.graph, kept.plan, state, lit, grouped);
  };
}

class Scene {
  #rows = new Map();
  #boxes = new Map();
  #levels = new Map();
  #groups = new Map();

  /** `all` and `edges` are the visible graph; `nodes` are those that are not hidden in groups. */
  constructor({ nodes, edges, groups, crowded }, plan, state, lit, grouped) {
    Object.assign(this, { all: nodes, edges, crowded, plan, state, lit, grouped });
    this.canGroup = groups.length > 0 && nodes.length >= FEWEST_GROUPED;
    this.nodes = plan.nodes;
    this.bands = plan.arrangement.bands;
    for (const node of this.nodes)
      this.#rows.set(
        node.id,
        shownColumns(node, state.expanded.has(node.id), lit?.shown.get(node.id)),
      );
    this.#place();
    this.groups = plan.boxes.map((box) => this.#group(box));
    this.#groups = new Map(this.groups.map((group) => [group.id, group]));
    this.items = this.#items();
    this.lines = plan.lines.flatMap(({ from, to, count }) =>
      this.#line(end(from), end(to), { count }),
    );
    this.litLines = this.#litLines();
  }

  has = (id) => this.#rows.has(id);
  rows = (id) => this.#rows.get(id);
  groupOf = (key) => this.#groups.get(key);
  /** Where a node or group stands; a hidden node stands where its group does. */
  box = (key) => this.#boxes.get(key) ?? this.#boxes.get(this.plan.shown.get(key));
  shown = (id) => this.plan.shown.get(id);

  /** What of a node or group must be seen: of an open group, by which it is closed. */
  head(key) {
    const box = this.box(key);
    if (!box || !this.groupOf(key)?.open) return box;
    return { ...box, right: box.left + CARD.width, bottom: box.top + GROUP.head };
  }

  /** How a node's card looks now. */
  look(node) {
    const { selection, expanded } = this.state;
    const selected = selection?.node === node.id;
    const { left, top } = this.box(node.id);
    return {
      left,
      top,
      rows: this.rows(node.id),
      expanded: expanded.has(node.id),
      role: this.lit?.nodes.get(node.id),
      columns: this.lit?.columns.get(node.id),
      dimmed: Boolean(this.lit) && !this.lit.nodes.has(node.id),
      selected,
      selectedColumn: selected ? selection.column : null,
    };
  }

  #place() {
    const grown = (id) => growthOf(this.rows(id).length);
    const { arrangement, boxes, block } = this.plan;
    const open = new Map(
      boxes.filter((box) => box.arrangement).map((box) => [box.id, place(box.arrangement, grown)]),
    );
    const more = new Map(
      boxes.map((box) => [box.id, (open.get(box.id)?.height ?? box.inner) - box.inner]),
    );
    const { tops, width, height } = place(arrangement, (key) => more.get(key) ?? grown(key));
    Object.assign(this, { width, height });
    const outer = levelOf(arrangement, tops, 0, 0);
    for (const box of boxes) {
      const at = this.#put(outer, box.id, box.width, box.height + more.get(box.id));
      if (!box.arrangement) continue;
      const [x, y] = [at.left + GROUP.pad, at.top + GROUP.head];
      this.#levels.set(box.id, levelOf(box.arrangement, open.get(box.id).tops, x, y));
    }
    this.#levels.set(null, outer);
    for (const { id } of this.nodes) {
      const level = this.#levels.get(block(id) === id ? null : block(id));
      this.#put(level, id, CARD.width, CARD.height + grown(id));
    }
  }

  #put(level, key, width, height) {
    const [left, top] = [level.x + level.columns[level.column.get(key)].x, level.top(key)];
    const box = { left, top, right: left + width, bottom: top + height };
    this.#boxes.set(key, box);
    return box;
  }

  /** A group as it is now: how many of its nodes are lit, and how many are shown in it. */
  #group({ id, group, nodes, whole }) {
    const roles = group.nodes.map((node) => this.lit?.nodes.get(node.id)).filter(Boolean);
    return {
      ...group,
      id,
      open: nodes.length > 0,
      whole,
      shown: nodes.length,
      port: (nodes.length ? GROUP.head : GROUP.height) / 2,
      lit: roles.length,
      role: roles.reduce((best, role) => stronger(best, role), undefined),
      dimmed: Boolean(this.lit) && !roles.length,
    };
  }

  /** All that is drawn as a card, each group before what is in it. */
  #items() {
    const nodes = Map.groupBy(this.nodes, ({ id }) => this.plan.block(id));
    const cards = (block) =>
      (nodes.get(block) ?? []).map((node) => ({ key: node.id, node, box: this.box(node.id) }));
    const alone = this.nodes.filter(({ id }) => this.plan.block(id) === id);
    return [
      ...this.groups.flatMap((group) => [
        { key: group.id, group, box: this.box(group.id) },
        ...cards(group.id),
      ]),
      ...alone.flatMap(({ id }) => cards(id)),
    ];
  }

  #litLines() {
    const lines = new Map();
    for (const { from, to, role } of shownLines(this.lit, this.edges)) {
      if (!this.shown(from.id) || !this.shown(to.id)) continue;
      const [one, other] = [this.#end(from), this.#end(to)];
      const key = JSON.stringify([one, other]);
      lines.set(key, { one, other, role: stronger(lines.get(key)?.role, role) });
    }
    return [...lines.values()]
      .flatMap(({ one, other, role }) => this.#line(one, other, { role }))
      .sort((a, b) => byStrength(b.role, a.role));
  }

  /** Where a line to a node ends: at the node's column, or at the group that hides it. */
  #end({ id, column }) {
    const shown = this.shown(id);
    return shown === id ? { id, column } : end(shown);
  }

  /** None between a group and what is in it. */
  #line(from, to, known) {
    const { block } = this.plan;
    const blocks = [block(from.id), block(to.id)];
    const inside = blocks[0] === blocks[1];
    if (inside && (from.id === blocks[0] || to.id === blocks[0])) return [];
    const level = this.#levels.get(inside ? blocks[0] : null);
    const way = wayOf(from, to, this, level, inside ? [from.id, to.id] : blocks);
    return [{ from, to, ...known, ...way }];
  }
}

const end = (id) => ({ id, column: null });

const levelOf = ({ columns, column, routes }, tops, x, y) => ({
  columns,
  column,
  routes,
  x,
  top: (key) => y + tops.get(key),
});
