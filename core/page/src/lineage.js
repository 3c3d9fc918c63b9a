/** The document as the page asks for it: nodes by id, neighbours, and what each column depends on. */

export const VALUE = 'value';
export const INFLUENCE = 'influence';
export const UNKNOWN = 'unknown';

/** Which relations a stage of the trace may follow; what a stage reaches first gets its role. */
const STAGES = [
  [VALUE, new Set([VALUE])],
  [INFLUENCE, new Set([VALUE, INFLUENCE])],
  [UNKNOWN, new Set([VALUE, INFLUENCE, UNKNOWN])],
];

/** @returns {Lineage} */
export const readLineage = (document) => new Lineage(document);

class Lineage {
  constructor(document) {
    this.document = document;
    this.nodes = document.nodes;
    this.byId = new Map(document.nodes.map((node) => [node.id, node]));
    this.edges = drawable(document.edges, this.byId);
    this.upstream = neighbours(this.nodes, this.edges, 'to', 'from');
    this.downstream = neighbours(this.nodes, this.edges, 'from', 'to');
  }

  /** Every node that `id` depends on (`upstream`) or that depends on it (`downstream`), without itself. */
  reach(id, direction) {
    const found = new Set();
    const waiting = [id];
    while (waiting.length) {
      for (const next of this[direction].get(waiting.pop())) {
        if (found.has(next) || next === id) continue;
        found.add(next);
        waiting.push(next);
      }
    }
    return found;
  }

  /** `id` with all that it depends on and that depends on it. */
  around(id) {
    return new Set([id, ...this.reach(id, 'upstream'), ...this.reach(id, 'downstream')]);
  }

  columnsOf(id) {
    return this.byId.get(id)?.columns.map((column) => column.name) ?? [];
  }

  /** Where a column comes from and goes to. */
  trace(id, column) {
    const start = vertex(id, column);
    this.relations ??= relations(this);
    return {
      start,
      upstream: closure(start, this.relations.into),
      downstream: closure(start, this.relations.outOf),
    };
  }
}

/** Each edge between two nodes of the document once. */
function drawable(edges, byId) {
  const known = edges.filter(({ from, to }) => from !== to && byId.has(from) && byId.has(to));
  return [...new Map(known.map((edge) => [JSON.stringify([edge.from, edge.to]), edge])).values()];
}

function neighbours(nodes, edges, key, value) {
  const found = new Map(nodes.map((node) => [node.id, []]));
  for (const edge of edges) found.get(edge[key]).push(edge[value]);
  return found;
}

/**
 * A column, or with column null the rows of a node: what decides them decides all of its columns.
 * Vertices are compared by `key`.
 */
function vertex(id, column) {
  return { id, column, key: JSON.stringify([id, column]) };
}

/** Every dependency between columns, by the vertex that it ends at and by the one it begins at. */
function relations(lineage) {
  const into = new Map();
  const outOf = new Map();
  const relate = (from, to, role) => {
    listed(into, to.key).push({ next: from, role });
    listed(outOf, from.key).push({ next: to, role });
  };
  for (const node of lineage.nodes) relateColumns(lineage, node, relate);
  return { into, outOf };
}

function relateColumns(lineage, node, relate) {
  const inputs = lineage.upstream.get(node.id);
  const known = node.lineage ?? { unknown: 'no lineage', columns: [], rows: [], relations: inputs };
  const rows = vertex(node.id, null);
  const names = new Set([
    ...lineage.columnsOf(node.id),
    ...known.columns.map((column) => column.name),
  ]);
  for (const name of names) relate(rows, vertex(node.id, name), INFLUENCE);
  for (const column of known.columns) {
    const here = vertex(node.id, column.name);
    for (const [id, name] of column.values) relate(vertex(id, name), here, VALUE);
    for (const [id, name] of column.influences) relate(vertex(id, name), here, INFLUENCE);
  }
  for (const [id, name] of known.rows) relate(vertex(id, name), rows, INFLUENCE);
  for (const id of known.relations)
    relate(vertex(id, null), rows, known.unknown ? UNKNOWN : INFLUENCE);
  if (known.unknown)
    for (const id of new Set([...inputs, ...known.relations])) relateAll(lineage, id, rows, relate);
}

function relateAll(lineage, id, rows, relate) {
  relate(vertex(id, null), rows, UNKNOWN);
  for (const name of lineage.columnsOf(id)) relate(vertex(id, name), rows, UNKNOWN);
}

function listed(map, key) {
  if (!map.has(key)) map.set(key, []);
  return map.get(key);
}

/**
 * All that hangs together with `start` in one direction.
 *
 * `roles` gives each vertex the strongest role by which it is reached; `steps` are the dependencies
 * walked, as [nearer, farther, role].
 */
function closure(start, adjacent) {
  const roles = new Map([[start.key, VALUE]]);
  const vertices = new Map([[start.key, start]]);
  const steps = new Map();
  for (const [role, followed] of STAGES) {
    const waiting = [...vertices.values()];
    while (waiting.length) {
      const near = waiting.pop();
      for (const { next, role: how } of adjacent.get(near.key) ?? []) {
        if (!followed.has(how)) continue;
        const step = near.key + next.key;
        if (!steps.has(step))
          steps.set(step, { near, far: next, role: weaker(roles.get(near.key), how) });
        if (roles.has(next.key)) continue;
        roles.set(next.key, role);
        vertices.set(next.key, next);
        waiting.push(next);
      }
    }
  }
  return { roles, vertices, steps: [...steps.values()] };
}

const STRENGTH = [VALUE, INFLUENCE, UNKNOWN];

/** For sorting: the strongest role first. */
export const byStrength = (one, other) => STRENGTH.indexOf(one) - STRENGTH.indexOf(other);

const weaker = (one, other) => (byStrength(one, other) > 0 ? one : other);

export const stronger = (one, other) => (one && byStrength(one, other) <= 0 ? one : other);
