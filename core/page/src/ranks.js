/** Which column each node stands in: after all that it reads, and layer after layer. */

const USUAL = [
  'raw',
  'landing',
  'bronze',
  'staging',
  'silver',
  'intermediate',
  'gold',
  'marts',
  'mart',
  'platinum',
  'serving',
];

/**
 * Map id → column, from 0; nodes of a later layer stand in later columns than those of an earlier.
 * Those that read each other, as groups may, stand in one column.
 */
export function ranksOf(nodes, edges) {
  const circles = circlesOf(nodes, edges);
  if (!circles.size) return ranksOfAcyclic(nodes, edges);
  const one = (id) => circles.get(id) ?? id;
  const merged = edges
    .map(({ from, to }) => ({ from: one(from), to: one(to) }))
    .filter(({ from, to }) => from !== to);
  const ranks = ranksOfAcyclic(
    nodes.filter(({ id }) => one(id) === id),
    merged,
  );
  return new Map(nodes.map(({ id }) => [id, ranks.get(one(id))]));
}

function ranksOfAcyclic(nodes, edges) {
  const inputs = new Map(nodes.map(({ id }) => [id, []]));
  const readers = new Map(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) {
    inputs.get(to).push(from);
    readers.get(from).push(to);
  }
  const order = sorted(nodes, inputs, readers);
  const stages = stagesOf(nodes, order, inputs);
  const ranks = forward(order, inputs, stages);
  pullTowardsReaders(order, readers, stages, ranks);
  return closedUp(ranks);
}

/** The layers that are wholly in columns of their own: {name, first, last}. */
export function bandsOf(nodes, ranks) {
  const bands = new Map();
  for (const { id, layer } of nodes) {
    if (!layer) continue;
    const band = bands.get(layer) ?? { name: layer, first: Infinity, last: -1 };
    band.first = Math.min(band.first, ranks.get(id));
    band.last = Math.max(band.last, ranks.get(id));
    bands.set(layer, band);
  }
  const found = [...bands.values()].sort((a, b) => a.first - b.first || a.last - b.last);
  return found.every((band, index) => index === 0 || found[index - 1].last < band.first)
    ? found
    : [];
}

/** Inputs first. */
function sorted(nodes, inputs, readers) {
  const open = new Map(nodes.map(({ id }) => [id, inputs.get(id).length]));
  const done = [];
  const ready = nodes.map(({ id }) => id).filter((id) => open.get(id) === 0);
  while (ready.length) {
    const id = ready.pop();
    done.push(id);
    for (const reader of readers.get(id)) {
      open.set(reader, open.get(reader) - 1);
      if (open.get(reader) === 0) ready.push(reader);
    }
  }
  return done;
}

/** Map id → one of its circle, for all that can be reached from themselves (Tarjan). */
function circlesOf(nodes, edges) {
  const next = new Map(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) next.get(from).push(to);
  const [found, low, path] = [new Map(), new Map(), []];
  let seen = 0;
  const visit = (id) => {
    const index = seen++;
    low.set(id, index);
    path.push(id);
    const steps = [[id, index, next.get(id).values()]];
    while (steps.length) {
      const [here, at, others] = steps.at(-1);
      const { value: other, done } = others.next();
      if (!done && !low.has(other)) {
        low.set(other, seen);
        path.push(other);
        steps.push([other, seen++, next.get(other).values()]);
      } else if (!done) {
        low.set(here, Math.min(low.get(here), low.get(other)));
      } else {
        steps.pop();
        const before = steps.at(-1)?.[0];
        if (before !== undefined) low.set(before, Math.min(low.get(before), low.get(here)));
        if (low.get(here) === at) closeCircle(here);
      }
    }
  };
  const closeCircle = (id) => {
    const circle = path.splice(path.lastIndexOf(id));
    for (const member of circle) {
      low.set(member, Infinity);
      if (circle.length > 1) found.set(member, id);
    }
  };
  for (const { id } of nodes) if (!low.has(id)) visit(id);
  return found;
}

/** Map id → position of its layer; a node without one goes with what it reads. */
function stagesOf(nodes, order, inputs) {
  const layers = layerOrder(nodes, order);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const stages = new Map();
  for (const id of order) {
    const own = layers.indexOf(byId.get(id).layer);
    stages.set(id, Math.max(own, ...inputs.get(id).map((input) => stages.get(input) ?? -1)));
  }
  return stages;
}

/** Layers in their usual order, others by how deep their nodes are on average. */
function layerOrder(nodes, order) {
  const places = new Map(order.map((id, index) => [id, index]));
  const depths = new Map();
  for (const { id, layer } of nodes) {
    if (!layer) continue;
    const [sum, count] = depths.get(layer) ?? [0, 0];
    depths.set(layer, [sum + places.get(id), count + 1]);
  }
  const mean = (layer) => depths.get(layer)[0] / depths.get(layer)[1];
  const usual = (layer) => USUAL.indexOf(layer.toLowerCase());
  const names = [...depths.keys()];
  return names.every((layer) => usual(layer) >= 0)
    ? names.sort((a, b) => usual(a) - usual(b))
    : names.sort((a, b) => mean(a) - mean(b));
}

/** The first column possible: after every input, and after every node of an earlier stage. */
function forward(order, inputs, stages) {
  const ranks = new Map();
  const byStage = [...order].sort((a, b) => stages.get(a) - stages.get(b));
  let begin = 0;
  let highest = -1;
  let stage = null;
  for (const id of byStage) {
    if (stages.get(id) !== stage) {
      stage = stages.get(id);
      begin = highest + 1;
    }
    const rank = Math.max(begin, ...inputs.get(id).map((input) => (ranks.get(input) ?? -1) + 1));
    ranks.set(id, rank);
    highest = Math.max(highest, rank);
  }
  return ranks;
}

/** Nodes that nothing holds back stand beside their first reader, which shortens the lines. */
function pullTowardsReaders(order, readers, stages, ranks) {
  const last = new Map();
  for (const [id, rank] of ranks)
    last.set(stages.get(id), Math.max(last.get(stages.get(id)) ?? 0, rank));
  for (const id of [...order].reverse()) {
    const nearest = Math.min(...readers.get(id).map((reader) => ranks.get(reader) - 1));
    if (!Number.isFinite(nearest)) continue;
    ranks.set(id, Math.max(ranks.get(id), Math.min(nearest, last.get(stages.get(id)))));
  }
}

function closedUp(ranks) {
  const used = [...new Set(ranks.values())].sort((a, b) => a - b);
  const places = new Map(used.map((rank, index) => [rank, index]));
  return new Map([...ranks].map(([id, rank]) => [id, places.get(rank)]));
}
