/** Where everything stands: columns from left to right, cards from top to bottom in each. */

import dagre from '@dagrejs/dagre';
import { bandsOf, ranksOf } from './ranks.js';

export const CARD = { width: 252, height: 60, row: 22 };
const GAP = { column: 76, band: 28, row: 18 };
const WIDEST_GAP = 300;

/**
 * Places of `nodes`, in order and without expanded cards; slow for large graphs, so kept by the caller.
 *
 * @returns {{columns: {x: number, items: {key, y, height}[]}[], column: Map<string, number>,
 *            routes: Map<string, {column: number, key: string}[]>, bands: object[]}}
 */
export function arrange(nodes, edges) {
  const ranks = ranksOf(nodes, edges);
  const graph = ordered(nodes, edges, ranks);
  const count = Math.max(0, ...ranks.values()) + 1;
  const bands = bandsOf(nodes, ranks);
  const gap = gapFor(ranks, count);
  const columns = columnPlaces(count, bands, gap).map((x) => ({ x, items: [] }));
  for (const { id } of nodes) {
    columns[ranks.get(id)].items.push({
      key: id,
      y: graph.node(id).y - CARD.height / 2,
      height: CARD.height,
    });
  }
  const routes = new Map(edges.map((edge) => [edgeKey(edge), route(edge, graph, ranks, columns)]));
  for (const { items } of columns) items.sort((a, b) => a.y - b.y);
  return {
    columns,
    column: ranks,
    routes,
    bands: bands.map((band) => spanned(band, columns, gap)),
  };
}

/** The same places with cards grown by `growth(id)`: what stands below in the column moves down. */
export function place(arrangement, growth) {
  const tops = new Map();
  let bottom = 0;
  for (const { items } of arrangement.columns) {
    let moved = 0;
    for (const { key, y, height } of items) {
      tops.set(key, y + moved);
      moved += height ? growth(key) : 0;
      if (height) bottom = Math.max(bottom, y + height + moved);
    }
  }
  const last = arrangement.columns.at(-1);
  return { tops, width: (last?.x ?? 0) + CARD.width, height: bottom };
}

export const edgeKey = ({ from, to }) => JSON.stringify([from, to]);

/** dagre decides the order in each column and the heights; the columns are ours. */
function ordered(nodes, edges, ranks) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({
    rankdir: 'LR',
    nodesep: GAP.row,
    edgesep: GAP.row,
    ranksep: GAP.column,
    ranker: (g) => rank(g, ranks),
  });
  for (const { id } of nodes) graph.setNode(id, { width: CARD.width, height: CARD.height });
  for (const { from, to } of edges) graph.setEdge(from, to, {});
  dagre.layout(graph);
  return graph;
}

/** dagre keeps every second rank for the labels of edges; its own root stands before all. */
function rank(graph, ranks) {
  for (const id of graph.nodes()) graph.node(id).rank = 2 * (ranks.get(id) ?? -1);
}

/** The points at which an edge crosses the columns between its ends, as items of those columns. */
function route({ from, to }, graph, ranks, columns) {
  const points = graph
    .edge(from, to)
    .points.slice(1, -1)
    .filter((_, index) => index % 2);
  return points.map(({ y }, index) => {
    const column = ranks.get(from) + 1 + index;
    const key = `${edgeKey({ from, to })}${column}`;
    columns[column].items.push({ key, y, height: 0 });
    return { column, key };
  });
}

/** Lines between tall columns are steep: they get more room. */
function gapFor(ranks, count) {
  const heights = new Array(count).fill(0);
  for (const rank of ranks.values()) heights[rank] += 1;
  return Math.min(WIDEST_GAP, GAP.column + 4 * Math.max(0, Math.max(0, ...heights) - 12));
}

function columnPlaces(count, bands, gap) {
  const begins = new Set(bands.flatMap((band) => [band.first, band.last + 1]));
  const places = [];
  for (let index = 0, x = 0; index < count; index += 1) {
    if (index) x += CARD.width + gap + (begins.has(index) ? GAP.band : 0);
    places.push(x);
  }
  return places;
}

function spanned(band, columns, gap) {
  const margin = gap / 2 + 4;
  return {
    ...band,
    left: columns[band.first].x - margin,
    right: columns[band.last].x + CARD.width + margin,
  };
}
